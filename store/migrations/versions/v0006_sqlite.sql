DROP VIEW radacct
--;
DROP VIEW sessions
--;
CREATE TABLE new_session_facts (
    session_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    subscriber_id INTEGER NOT NULL,
    device_id INTEGER NOT NULL,
    plan_id INTEGER NOT NULL,
    state INTEGER NOT NULL,
    acct_session_id TEXT NOT NULL,
    class_session_id INTEGER NOT NULL,
    user_name TEXT NOT NULL,
    calling_station_id TEXT NOT NULL,
    called_station_id TEXT NOT NULL,
    nas_port INTEGER,
    nas_port_id TEXT NOT NULL,
    nas_ip_address TEXT NOT NULL,
    nas_identifier TEXT NOT NULL,
    source_address TEXT NOT NULL,
    framed_ip_address TEXT NOT NULL,
    framed_ipv6_prefix TEXT NOT NULL,
    acct_multi_session_id TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    start_us INTEGER NOT NULL,
    stop_us INTEGER,
    terminate_cause INTEGER NOT NULL,
    start_seen INTEGER NOT NULL,
    synthetic INTEGER NOT NULL,
    input_base INTEGER NOT NULL,
    output_base INTEGER NOT NULL,
    session_base_s INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    candidate_event_us INTEGER,
    candidate_input INTEGER NOT NULL,
    candidate_output INTEGER NOT NULL,
    candidate_s INTEGER NOT NULL,
    review_input INTEGER NOT NULL,
    review_output INTEGER NOT NULL,
    fee_due INTEGER NOT NULL,
    part INTEGER NOT NULL,
    hold_state INTEGER NOT NULL,
    slot_until_us INTEGER NOT NULL,
    timeout_s INTEGER NOT NULL,
    limit_octets INTEGER NOT NULL,
    interim_s INTEGER NOT NULL,
    cut_order_id INTEGER NOT NULL,
    walled INTEGER NOT NULL,
    look_us INTEGER,
    access TEXT NOT NULL,
    told BLOB NOT NULL,
    adopted INTEGER NOT NULL,
    replaced_by INTEGER NOT NULL,
    mac TEXT,
    framed_ipv6_address TEXT NOT NULL,
    delegated_ipv6_prefix TEXT NOT NULL,
    strands TEXT NOT NULL,
    CONSTRAINT pk_session_facts PRIMARY KEY (session_id),
    CONSTRAINT ck_session_facts_ids CHECK (session_id > 0 AND account_id >= 0),
    CONSTRAINT ck_session_facts_state CHECK (state BETWEEN 0 AND 3),
    CONSTRAINT ck_session_facts_hold_state CHECK (hold_state BETWEEN 0 AND 4),
    CONSTRAINT ck_session_facts_walled CHECK (walled BETWEEN 0 AND 3),
    CONSTRAINT ck_session_facts_start_seen CHECK (start_seen IN (0, 1)),
    CONSTRAINT ck_session_facts_synthetic CHECK (synthetic IN (0, 1)),
    CONSTRAINT ck_session_facts_fee_due CHECK (fee_due IN (0, 1)),
    CONSTRAINT ck_session_facts_adopted CHECK (adopted IN (0, 1))
)
 STRICT
--;
INSERT INTO new_session_facts (session_id, account_id, subscriber_id, device_id, plan_id, state, acct_session_id, class_session_id, user_name, calling_station_id, called_station_id, nas_port, nas_port_id, nas_ip_address, nas_identifier, source_address, framed_ip_address, framed_ipv6_prefix, acct_multi_session_id, created_us, start_us, stop_us, terminate_cause, start_seen, synthetic, input_base, output_base, session_base_s, epoch, candidate_event_us, candidate_input, candidate_output, candidate_s, review_input, review_output, fee_due, part, hold_state, slot_until_us, timeout_s, limit_octets, interim_s, cut_order_id, walled, look_us, access, told, adopted, replaced_by, mac, framed_ipv6_address, delegated_ipv6_prefix, strands)
    SELECT session_id, account_id, subscriber_id, device_id, plan_id, state, acct_session_id, class_session_id, user_name, calling_station_id, called_station_id, nas_port, nas_port_id, nas_ip_address, nas_identifier, source_address, framed_ip_address, framed_ipv6_prefix, acct_multi_session_id, created_us, start_us, stop_us, terminate_cause, start_seen, synthetic, input_base, output_base, session_base_s, epoch, candidate_event_us, candidate_input, candidate_output, candidate_s, review_input, review_output, fee_due, part, hold_state, slot_until_us, timeout_s, limit_octets, interim_s, cut_order_id, walled, look_us, access, told, adopted, replaced_by, mac, framed_ipv6_address, delegated_ipv6_prefix, strands
    FROM session_facts ORDER BY session_id
--;
DROP TABLE session_facts
--;
ALTER TABLE new_session_facts RENAME TO session_facts
--;
CREATE INDEX ix_session_facts_account ON session_facts (account_id, session_id, state) WHERE state <> 0
--;
CREATE INDEX ix_session_facts_delegated_ipv6_prefix ON session_facts (delegated_ipv6_prefix, start_us, stop_us, session_id) WHERE delegated_ipv6_prefix <> ''
--;
CREATE INDEX ix_session_facts_device_id_acct_session_id_session_id ON session_facts (device_id, acct_session_id, session_id)
--;
CREATE INDEX ix_session_facts_framed_ip_address ON session_facts (framed_ip_address, start_us, stop_us, session_id) WHERE framed_ip_address <> ''
--;
CREATE INDEX ix_session_facts_framed_ipv6_address ON session_facts (framed_ipv6_address, start_us, stop_us, session_id) WHERE framed_ipv6_address <> ''
--;
CREATE INDEX ix_session_facts_framed_ipv6_prefix ON session_facts (framed_ipv6_prefix, start_us, stop_us, session_id) WHERE framed_ipv6_prefix <> ''
--;
CREATE INDEX ix_session_facts_live_accepted ON session_facts (account_id % 31, session_id, account_id, mac, state) WHERE state = 0
--;
CREATE INDEX ix_session_facts_live_device ON session_facts (device_id, session_id) WHERE state < 2
--;
CREATE INDEX ix_session_facts_live_open ON session_facts (account_id, state) WHERE state = 1
--;
CREATE INDEX ix_session_facts_station ON session_facts (mac, start_us, stop_us, session_id, state) WHERE mac <> '' AND state <> 0
--;
CREATE UNIQUE INDEX uq_session_facts_session_id_account_id ON session_facts (session_id, account_id)
--;
CREATE VIEW sessions AS SELECT f.session_id AS session_id, f.account_id AS account_id, f.subscriber_id AS subscriber_id, f.device_id AS device_id, f.plan_id AS plan_id, f.state AS state, t.version AS version, f.acct_session_id AS acct_session_id, f.class_session_id AS class_session_id, f.user_name AS user_name, f.calling_station_id AS calling_station_id, f.called_station_id AS called_station_id, f.nas_port AS nas_port, f.nas_port_id AS nas_port_id, f.nas_ip_address AS nas_ip_address, f.nas_identifier AS nas_identifier, f.source_address AS source_address, f.framed_ip_address AS framed_ip_address, f.framed_ipv6_prefix AS framed_ipv6_prefix, f.acct_multi_session_id AS acct_multi_session_id, f.created_us AS created_us, f.start_us AS start_us, t.last_event_us AS last_event_us, t.last_seen_us AS last_seen_us, f.stop_us AS stop_us, f.terminate_cause AS terminate_cause, f.start_seen AS start_seen, f.synthetic AS synthetic, t.input_octets AS input_octets, t.output_octets AS output_octets, t.session_s AS session_s, f.input_base AS input_base, f.output_base AS output_base, f.session_base_s AS session_base_s, f.epoch AS epoch, f.candidate_event_us AS candidate_event_us, f.candidate_input AS candidate_input, f.candidate_output AS candidate_output, f.candidate_s AS candidate_s, f.review_input AS review_input, f.review_output AS review_output, t.free_octets AS free_octets, t.free_s AS free_s, f.fee_due AS fee_due, t.charged_micros AS charged_micros, t.closed_micros AS closed_micros, f.part AS part, f.hold_state AS hold_state, t.granted_micros AS granted_micros, t.used_micros AS used_micros, t.hold_until_us AS hold_until_us, f.slot_until_us AS slot_until_us, f.timeout_s AS timeout_s, f.limit_octets AS limit_octets, f.interim_s AS interim_s, f.cut_order_id AS cut_order_id, t.journal_last AS journal_last, t.records_n AS records_n, f.walled AS walled, f.look_us AS look_us, f.access AS access, f.told AS told, t.unrated_input AS unrated_input, t.unrated_output AS unrated_output, t.unrated_s AS unrated_s, f.adopted AS adopted, f.replaced_by AS replaced_by, f.mac AS mac, f.framed_ipv6_address AS framed_ipv6_address, f.delegated_ipv6_prefix AS delegated_ipv6_prefix, f.strands AS strands, t.uses AS uses FROM session_facts AS f LEFT JOIN session_totals AS t ON t.session_id = f.session_id
--;
CREATE VIEW radacct AS SELECT session_id AS radacctid, acct_session_id AS acctsessionid, printf('%032x', session_id) AS acctuniqueid, user_name AS username, '' AS groupname, '' AS realm, coalesce(nullif(nas_ip_address, ''), source_address) AS nasipaddress, nas_port_id AS nasportid, '' AS nasporttype, datetime(start_us / 1000000, 'unixepoch') AS acctstarttime, datetime(last_event_us / 1000000, 'unixepoch') AS acctupdatetime, datetime(stop_us / 1000000, 'unixepoch') AS acctstoptime, interim_s AS acctinterval, session_s AS acctsessiontime, 'RADIUS' AS acctauthentic, '' AS connectinfo_start, '' AS connectinfo_stop, input_octets AS acctinputoctets, output_octets AS acctoutputoctets, called_station_id AS calledstationid, calling_station_id AS callingstationid, CASE WHEN state = 1 THEN '' ELSE CASE terminate_cause WHEN 1 THEN 'User-Request' WHEN 2 THEN 'Lost-Carrier' WHEN 3 THEN 'Lost-Service' WHEN 4 THEN 'Idle-Timeout' WHEN 5 THEN 'Session-Timeout' WHEN 6 THEN 'Admin-Reset' WHEN 7 THEN 'Admin-Reboot' WHEN 8 THEN 'Port-Error' WHEN 9 THEN 'NAS-Error' WHEN 10 THEN 'NAS-Request' WHEN 11 THEN 'NAS-Reboot' WHEN 12 THEN 'Port-Unneeded' WHEN 13 THEN 'Port-Preempted' WHEN 14 THEN 'Port-Suspended' WHEN 15 THEN 'Service-Unavailable' WHEN 16 THEN 'Callback' WHEN 17 THEN 'User-Error' WHEN 18 THEN 'Host-Request' ELSE '' END END AS acctterminatecause, '' AS servicetype, '' AS framedprotocol, framed_ip_address AS framedipaddress, framed_ipv6_address AS framedipv6address, framed_ipv6_prefix AS framedipv6prefix, '' AS framedinterfaceid, delegated_ipv6_prefix AS delegatedipv6prefix, '' AS class FROM sessions WHERE state IN (1, 2)
