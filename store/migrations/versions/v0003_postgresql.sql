DROP VIEW radacct
--;
ALTER TABLE sessions RENAME TO session_facts
--;
CREATE TABLE session_totals (
    session_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    last_event_us BIGINT NOT NULL,
    last_seen_us BIGINT NOT NULL,
    input_octets BIGINT NOT NULL,
    output_octets BIGINT NOT NULL,
    session_s BIGINT NOT NULL,
    free_octets BIGINT NOT NULL,
    free_s BIGINT NOT NULL,
    charged_micros BIGINT NOT NULL,
    closed_micros BIGINT NOT NULL,
    granted_micros BIGINT NOT NULL,
    used_micros BIGINT NOT NULL,
    hold_until_us BIGINT NOT NULL,
    journal_last BIGINT NOT NULL,
    records_n BIGINT NOT NULL,
    unrated_input BIGINT NOT NULL,
    unrated_output BIGINT NOT NULL,
    unrated_s BIGINT NOT NULL,
    CONSTRAINT pk_session_totals PRIMARY KEY (account_id, session_id),
    CONSTRAINT ck_session_totals_version CHECK (version > 0),
    CONSTRAINT ck_session_totals_hold CHECK (used_micros BETWEEN 0 AND granted_micros),
    CONSTRAINT ck_session_totals_charged_micros CHECK (closed_micros BETWEEN 0 AND charged_micros),
    CONSTRAINT ck_session_totals_usage CHECK (input_octets >= 0 AND output_octets >= 0 AND session_s >= 0),
    CONSTRAINT ck_session_totals_unrated CHECK (unrated_input BETWEEN 0 AND input_octets AND unrated_output BETWEEN 0 AND output_octets AND unrated_s BETWEEN 0 AND session_s)
)
 WITH (fillfactor = 50)
--;
INSERT INTO session_totals (session_id, account_id, version, last_event_us, last_seen_us, input_octets, output_octets, session_s, free_octets, free_s, charged_micros, closed_micros, granted_micros, used_micros, hold_until_us, journal_last, records_n, unrated_input, unrated_output, unrated_s)
    SELECT session_id, account_id, version, last_event_us, last_seen_us, input_octets, output_octets, session_s, free_octets, free_s, charged_micros, closed_micros, granted_micros, used_micros, hold_until_us, journal_last, records_n, unrated_input, unrated_output, unrated_s
    FROM session_facts ORDER BY account_id, session_id
--;
ALTER TABLE session_facts
    DROP COLUMN version,
    DROP COLUMN last_event_us,
    DROP COLUMN last_seen_us,
    DROP COLUMN input_octets,
    DROP COLUMN output_octets,
    DROP COLUMN session_s,
    DROP COLUMN free_octets,
    DROP COLUMN free_s,
    DROP COLUMN charged_micros,
    DROP COLUMN closed_micros,
    DROP COLUMN granted_micros,
    DROP COLUMN used_micros,
    DROP COLUMN hold_until_us,
    DROP COLUMN journal_last,
    DROP COLUMN records_n,
    DROP COLUMN unrated_input,
    DROP COLUMN unrated_output,
    DROP COLUMN unrated_s
--;
ALTER TABLE session_facts ADD CONSTRAINT ck_session_facts_ids CHECK (session_id > 0 AND account_id >= 0)
--;
ALTER TABLE session_facts RENAME CONSTRAINT pk_sessions TO pk_session_facts
--;
ALTER TABLE session_facts RENAME CONSTRAINT ck_sessions_state TO ck_session_facts_state
--;
ALTER TABLE session_facts RENAME CONSTRAINT ck_sessions_hold_state TO ck_session_facts_hold_state
--;
ALTER TABLE session_facts RENAME CONSTRAINT ck_sessions_walled TO ck_session_facts_walled
--;
DROP INDEX ix_sessions_live_account
--;
ALTER INDEX ix_sessions_delegated_ipv6_prefix RENAME TO ix_session_facts_delegated_ipv6_prefix
--;
ALTER INDEX ix_sessions_device_id_acct_session_id_session_id RENAME TO ix_session_facts_device_id_acct_session_id_session_id
--;
ALTER INDEX ix_sessions_framed_ip_address RENAME TO ix_session_facts_framed_ip_address
--;
ALTER INDEX ix_sessions_framed_ipv6_address RENAME TO ix_session_facts_framed_ipv6_address
--;
ALTER INDEX ix_sessions_framed_ipv6_prefix RENAME TO ix_session_facts_framed_ipv6_prefix
--;
CREATE INDEX ix_session_facts_live_account ON session_facts (account_id) WHERE state < 2
--;
ALTER INDEX ix_sessions_live_device RENAME TO ix_session_facts_live_device
--;
ALTER INDEX ix_sessions_mac RENAME TO ix_session_facts_mac
--;
ALTER INDEX ix_sessions_session_id RENAME TO ix_session_facts_session_id
--;
CREATE VIEW sessions AS SELECT f.session_id AS session_id, f.account_id AS account_id, f.subscriber_id AS subscriber_id, f.device_id AS device_id, f.plan_id AS plan_id, f.state AS state, t.version AS version, f.acct_session_id AS acct_session_id, f.class_session_id AS class_session_id, f.user_name AS user_name, f.calling_station_id AS calling_station_id, f.called_station_id AS called_station_id, f.nas_port AS nas_port, f.nas_port_id AS nas_port_id, f.nas_ip_address AS nas_ip_address, f.nas_identifier AS nas_identifier, f.source_address AS source_address, f.framed_ip_address AS framed_ip_address, f.framed_ipv6_prefix AS framed_ipv6_prefix, f.acct_multi_session_id AS acct_multi_session_id, f.created_us AS created_us, f.start_us AS start_us, t.last_event_us AS last_event_us, t.last_seen_us AS last_seen_us, f.stop_us AS stop_us, f.terminate_cause AS terminate_cause, f.start_seen AS start_seen, f.synthetic AS synthetic, t.input_octets AS input_octets, t.output_octets AS output_octets, t.session_s AS session_s, f.input_base AS input_base, f.output_base AS output_base, f.session_base_s AS session_base_s, f.epoch AS epoch, f.candidate_event_us AS candidate_event_us, f.candidate_input AS candidate_input, f.candidate_output AS candidate_output, f.candidate_s AS candidate_s, f.review_input AS review_input, f.review_output AS review_output, t.free_octets AS free_octets, t.free_s AS free_s, f.fee_due AS fee_due, t.charged_micros AS charged_micros, t.closed_micros AS closed_micros, f.part AS part, f.hold_state AS hold_state, t.granted_micros AS granted_micros, t.used_micros AS used_micros, t.hold_until_us AS hold_until_us, f.slot_until_us AS slot_until_us, f.timeout_s AS timeout_s, f.limit_octets AS limit_octets, f.interim_s AS interim_s, f.cut_order_id AS cut_order_id, t.journal_last AS journal_last, t.records_n AS records_n, f.walled AS walled, f.look_us AS look_us, f.access AS access, f.told AS told, t.unrated_input AS unrated_input, t.unrated_output AS unrated_output, t.unrated_s AS unrated_s, f.adopted AS adopted, f.replaced_by AS replaced_by, f.mac AS mac, f.framed_ipv6_address AS framed_ipv6_address, f.delegated_ipv6_prefix AS delegated_ipv6_prefix FROM session_facts AS f LEFT JOIN session_totals AS t ON t.account_id = f.account_id AND t.session_id = f.session_id
--;
CREATE VIEW radacct AS SELECT session_id AS radacctid, acct_session_id AS acctsessionid, lpad(to_hex(session_id), 32, '0') AS acctuniqueid, user_name AS username, '' AS groupname, '' AS realm, coalesce(nullif(nas_ip_address, ''), source_address) AS nasipaddress, nas_port_id AS nasportid, '' AS nasporttype, (timestamptz 'epoch' + start_us * interval '1 microsecond') AS acctstarttime, (timestamptz 'epoch' + last_event_us * interval '1 microsecond') AS acctupdatetime, (timestamptz 'epoch' + stop_us * interval '1 microsecond') AS acctstoptime, interim_s AS acctinterval, session_s AS acctsessiontime, 'RADIUS' AS acctauthentic, '' AS connectinfo_start, '' AS connectinfo_stop, input_octets AS acctinputoctets, output_octets AS acctoutputoctets, called_station_id AS calledstationid, calling_station_id AS callingstationid, CASE WHEN state = 1 THEN '' ELSE CASE terminate_cause WHEN 1 THEN 'User-Request' WHEN 2 THEN 'Lost-Carrier' WHEN 3 THEN 'Lost-Service' WHEN 4 THEN 'Idle-Timeout' WHEN 5 THEN 'Session-Timeout' WHEN 6 THEN 'Admin-Reset' WHEN 7 THEN 'Admin-Reboot' WHEN 8 THEN 'Port-Error' WHEN 9 THEN 'NAS-Error' WHEN 10 THEN 'NAS-Request' WHEN 11 THEN 'NAS-Reboot' WHEN 12 THEN 'Port-Unneeded' WHEN 13 THEN 'Port-Preempted' WHEN 14 THEN 'Port-Suspended' WHEN 15 THEN 'Service-Unavailable' WHEN 16 THEN 'Callback' WHEN 17 THEN 'User-Error' WHEN 18 THEN 'Host-Request' ELSE '' END END AS acctterminatecause, '' AS servicetype, '' AS framedprotocol, framed_ip_address AS framedipaddress, framed_ipv6_address AS framedipv6address, framed_ipv6_prefix AS framedipv6prefix, '' AS framedinterfaceid, delegated_ipv6_prefix AS delegatedipv6prefix, '' AS class FROM sessions WHERE state IN (1, 2)
--;
CREATE TRIGGER radacct_read_only INSTEAD OF INSERT OR UPDATE OR DELETE ON radacct FOR EACH ROW EXECUTE FUNCTION tollhouse_written_once()
--;
DROP INDEX ix_decisions_login_n
--;
DROP INDEX ix_decisions_mac_decided_us
--;
ALTER TABLE decisions DROP CONSTRAINT pk_decisions
--;
ALTER TABLE decisions DROP COLUMN slot
--;
UPDATE decisions SET n = aged.n
    FROM (SELECT ctid AS at, row_number() OVER (ORDER BY decided_us, login, n) AS n FROM decisions) AS aged
    WHERE decisions.ctid = aged.at
--;
ALTER TABLE decisions ADD CONSTRAINT pk_decisions PRIMARY KEY (n)
--;
CREATE INDEX ix_decisions_own ON decisions (login, n) WHERE session_id <> n
--;
CREATE INDEX ix_decisions_refused_mac ON decisions (mac, decided_us) WHERE code <> 'accepted'
