DROP VIEW radacct
--;
DROP VIEW sessions
--;
ALTER TABLE session_totals ADD COLUMN uses BYTEA NOT NULL DEFAULT ''
--;
ALTER TABLE session_totals ALTER COLUMN uses DROP DEFAULT
--;
ALTER TABLE session_facts ADD COLUMN strands TEXT COLLATE "C" NOT NULL DEFAULT ''
--;
ALTER TABLE session_facts ALTER COLUMN strands DROP DEFAULT
--;
ALTER TABLE subscribers ADD COLUMN anchor_us BIGINT
--;
ALTER TABLE subscribers ADD COLUMN paid_anchor_us BIGINT
--;
ALTER TABLE subscribers ADD COLUMN plan_id BIGINT NOT NULL DEFAULT 0
--;
ALTER TABLE subscribers ALTER COLUMN plan_id DROP DEFAULT
--;
ALTER TABLE subscribers ADD COLUMN plan_ids_ahead TEXT NOT NULL DEFAULT ''
--;
ALTER TABLE subscribers ALTER COLUMN plan_ids_ahead DROP DEFAULT
--;
ALTER TABLE plans ADD COLUMN at_once BOOLEAN NOT NULL DEFAULT true
--;
ALTER TABLE plans ALTER COLUMN at_once DROP DEFAULT
--;
CREATE VIEW sessions AS SELECT f.session_id AS session_id, f.account_id AS account_id, f.subscriber_id AS subscriber_id, f.device_id AS device_id, f.plan_id AS plan_id, f.state AS state, t.version AS version, f.acct_session_id AS acct_session_id, f.class_session_id AS class_session_id, f.user_name AS user_name, f.calling_station_id AS calling_station_id, f.called_station_id AS called_station_id, f.nas_port AS nas_port, f.nas_port_id AS nas_port_id, f.nas_ip_address AS nas_ip_address, f.nas_identifier AS nas_identifier, f.source_address AS source_address, f.framed_ip_address AS framed_ip_address, f.framed_ipv6_prefix AS framed_ipv6_prefix, f.acct_multi_session_id AS acct_multi_session_id, f.created_us AS created_us, f.start_us AS start_us, t.last_event_us AS last_event_us, t.last_seen_us AS last_seen_us, f.stop_us AS stop_us, f.terminate_cause AS terminate_cause, f.start_seen AS start_seen, f.synthetic AS synthetic, t.input_octets AS input_octets, t.output_octets AS output_octets, t.session_s AS session_s, f.input_base AS input_base, f.output_base AS output_base, f.session_base_s AS session_base_s, f.epoch AS epoch, f.candidate_event_us AS candidate_event_us, f.candidate_input AS candidate_input, f.candidate_output AS candidate_output, f.candidate_s AS candidate_s, f.review_input AS review_input, f.review_output AS review_output, t.free_octets AS free_octets, t.free_s AS free_s, f.fee_due AS fee_due, t.charged_micros AS charged_micros, t.closed_micros AS closed_micros, f.part AS part, f.hold_state AS hold_state, t.granted_micros AS granted_micros, t.used_micros AS used_micros, t.hold_until_us AS hold_until_us, f.slot_until_us AS slot_until_us, f.timeout_s AS timeout_s, f.limit_octets AS limit_octets, f.interim_s AS interim_s, f.cut_order_id AS cut_order_id, t.journal_last AS journal_last, t.records_n AS records_n, f.walled AS walled, f.look_us AS look_us, f.access AS access, f.told AS told, t.unrated_input AS unrated_input, t.unrated_output AS unrated_output, t.unrated_s AS unrated_s, f.adopted AS adopted, f.replaced_by AS replaced_by, f.mac AS mac, f.framed_ipv6_address AS framed_ipv6_address, f.delegated_ipv6_prefix AS delegated_ipv6_prefix, f.strands AS strands, t.uses AS uses FROM session_facts AS f LEFT JOIN session_totals AS t ON t.account_id = f.account_id AND t.session_id = f.session_id
--;
CREATE VIEW radacct AS SELECT session_id AS radacctid, acct_session_id AS acctsessionid, lpad(to_hex(session_id), 32, '0') AS acctuniqueid, user_name AS username, '' AS groupname, '' AS realm, coalesce(nullif(nas_ip_address, ''), source_address) AS nasipaddress, nas_port_id AS nasportid, '' AS nasporttype, (timestamptz 'epoch' + start_us * interval '1 microsecond') AS acctstarttime, (timestamptz 'epoch' + last_event_us * interval '1 microsecond') AS acctupdatetime, (timestamptz 'epoch' + stop_us * interval '1 microsecond') AS acctstoptime, interim_s AS acctinterval, session_s AS acctsessiontime, 'RADIUS' AS acctauthentic, '' AS connectinfo_start, '' AS connectinfo_stop, input_octets AS acctinputoctets, output_octets AS acctoutputoctets, called_station_id AS calledstationid, calling_station_id AS callingstationid, CASE WHEN state = 1 THEN '' ELSE CASE terminate_cause WHEN 1 THEN 'User-Request' WHEN 2 THEN 'Lost-Carrier' WHEN 3 THEN 'Lost-Service' WHEN 4 THEN 'Idle-Timeout' WHEN 5 THEN 'Session-Timeout' WHEN 6 THEN 'Admin-Reset' WHEN 7 THEN 'Admin-Reboot' WHEN 8 THEN 'Port-Error' WHEN 9 THEN 'NAS-Error' WHEN 10 THEN 'NAS-Request' WHEN 11 THEN 'NAS-Reboot' WHEN 12 THEN 'Port-Unneeded' WHEN 13 THEN 'Port-Preempted' WHEN 14 THEN 'Port-Suspended' WHEN 15 THEN 'Service-Unavailable' WHEN 16 THEN 'Callback' WHEN 17 THEN 'User-Error' WHEN 18 THEN 'Host-Request' ELSE '' END END AS acctterminatecause, '' AS servicetype, '' AS framedprotocol, framed_ip_address AS framedipaddress, framed_ipv6_address AS framedipv6address, framed_ipv6_prefix AS framedipv6prefix, '' AS framedinterfaceid, delegated_ipv6_prefix AS delegatedipv6prefix, '' AS class FROM sessions WHERE state IN (1, 2)
--;
CREATE TRIGGER radacct_read_only INSTEAD OF INSERT OR UPDATE OR DELETE ON radacct FOR EACH ROW EXECUTE FUNCTION tollhouse_written_once()
--;
CREATE TABLE pots (
    account_id BIGINT NOT NULL,
    pot TEXT COLLATE "C" NOT NULL,
    period_start_us BIGINT NOT NULL,
    granted BIGINT NOT NULL,
    used BIGINT NOT NULL,
    lost BIGINT NOT NULL,
    until_us BIGINT,
    ends_us BIGINT,
    purchase_id BIGINT,
    CONSTRAINT pk_pots PRIMARY KEY (account_id, pot, period_start_us),
    CONSTRAINT fk_pots_account_id FOREIGN KEY(account_id) REFERENCES accounts (account_id),
    CONSTRAINT ck_pots_granted CHECK (granted >= 0 AND used >= 0 AND lost >= 0)
)
 WITH (fillfactor = 80)
--;
ALTER TABLE entries DROP CONSTRAINT ck_entries_kind
--;
ALTER TABLE entries ADD CONSTRAINT ck_entries_kind CHECK (kind IN ('top-up', 'charge', 'correction', 'transfer', 'package', 'booster', 'activation', 'refund'))
--;
ALTER TABLE purchases DROP CONSTRAINT ck_purchases_kind
--;
ALTER TABLE purchases ADD CONSTRAINT ck_purchases_kind CHECK (kind IN ('renewal', 'extension', 'booster', 'change'))
