DROP VIEW radacct
--;
DROP VIEW sessions
--;
CREATE TABLE new_session_totals (
    session_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    last_event_us INTEGER NOT NULL,
    last_seen_us INTEGER NOT NULL,
    input_octets INTEGER NOT NULL,
    output_octets INTEGER NOT NULL,
    session_s INTEGER NOT NULL,
    free_octets INTEGER NOT NULL,
    free_s INTEGER NOT NULL,
    charged_micros INTEGER NOT NULL,
    closed_micros INTEGER NOT NULL,
    granted_micros INTEGER NOT NULL,
    used_micros INTEGER NOT NULL,
    hold_until_us INTEGER NOT NULL,
    journal_last INTEGER NOT NULL,
    records_n INTEGER NOT NULL,
    unrated_input INTEGER NOT NULL,
    unrated_output INTEGER NOT NULL,
    unrated_s INTEGER NOT NULL,
    uses BLOB NOT NULL,
    CONSTRAINT pk_session_totals PRIMARY KEY (session_id),
    CONSTRAINT ck_session_totals_version CHECK (version > 0),
    CONSTRAINT ck_session_totals_hold CHECK (used_micros BETWEEN 0 AND granted_micros),
    CONSTRAINT ck_session_totals_charged_micros CHECK (closed_micros BETWEEN 0 AND charged_micros),
    CONSTRAINT ck_session_totals_usage CHECK (input_octets >= 0 AND output_octets >= 0 AND session_s >= 0),
    CONSTRAINT ck_session_totals_unrated CHECK (unrated_input BETWEEN 0 AND input_octets AND unrated_output BETWEEN 0 AND output_octets AND unrated_s BETWEEN 0 AND session_s)
)
 STRICT
--;
INSERT INTO new_session_totals (session_id, account_id, version, last_event_us, last_seen_us, input_octets, output_octets, session_s, free_octets, free_s, charged_micros, closed_micros, granted_micros, used_micros, hold_until_us, journal_last, records_n, unrated_input, unrated_output, unrated_s, uses)
    SELECT session_id, account_id, version, last_event_us, last_seen_us, input_octets, output_octets, session_s, free_octets, free_s, charged_micros, closed_micros, granted_micros, used_micros, hold_until_us, journal_last, records_n, unrated_input, unrated_output, unrated_s, x''
    FROM session_totals ORDER BY session_id
--;
DROP TABLE session_totals
--;
ALTER TABLE new_session_totals RENAME TO session_totals
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
    CONSTRAINT uq_session_facts_account_id_session_id UNIQUE (account_id, session_id),
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
    SELECT session_id, account_id, subscriber_id, device_id, plan_id, state, acct_session_id, class_session_id, user_name, calling_station_id, called_station_id, nas_port, nas_port_id, nas_ip_address, nas_identifier, source_address, framed_ip_address, framed_ipv6_prefix, acct_multi_session_id, created_us, start_us, stop_us, terminate_cause, start_seen, synthetic, input_base, output_base, session_base_s, epoch, candidate_event_us, candidate_input, candidate_output, candidate_s, review_input, review_output, fee_due, part, hold_state, slot_until_us, timeout_s, limit_octets, interim_s, cut_order_id, walled, look_us, access, told, adopted, replaced_by, mac, framed_ipv6_address, delegated_ipv6_prefix, ''
    FROM session_facts ORDER BY session_id
--;
DROP TABLE session_facts
--;
ALTER TABLE new_session_facts RENAME TO session_facts
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
CREATE INDEX ix_session_facts_live_account ON session_facts (account_id) WHERE state < 2
--;
CREATE INDEX ix_session_facts_live_device ON session_facts (device_id, session_id) WHERE state < 2
--;
CREATE INDEX ix_session_facts_mac ON session_facts (mac, start_us, stop_us, session_id) WHERE mac <> ''
--;
CREATE TABLE new_subscribers (
    subscriber_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    login TEXT NOT NULL,
    status TEXT NOT NULL,
    plan_name TEXT NOT NULL,
    credential_kind TEXT NOT NULL,
    credential BLOB NOT NULL,
    mac TEXT,
    mac_mode TEXT NOT NULL,
    device_ids TEXT NOT NULL,
    period_start_us INTEGER NOT NULL,
    valid_until_us INTEGER,
    sample INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    name TEXT NOT NULL,
    group_name TEXT NOT NULL,
    language TEXT NOT NULL,
    timezone TEXT NOT NULL,
    framed_ip_address TEXT,
    framed_ipv6 TEXT,
    delegated_ipv6_prefix TEXT,
    replies TEXT NOT NULL,
    auto_renew INTEGER,
    next_plan_name TEXT,
    periods_ahead_us TEXT NOT NULL,
    anchor_us INTEGER,
    paid_anchor_us INTEGER,
    plan_id INTEGER NOT NULL,
    plan_ids_ahead TEXT NOT NULL,
    CONSTRAINT pk_subscribers PRIMARY KEY (subscriber_id),
    CONSTRAINT uq_subscribers_login UNIQUE (login),
    CONSTRAINT uq_subscribers_framed_ip_address UNIQUE (framed_ip_address),
    CONSTRAINT uq_subscribers_framed_ipv6 UNIQUE (framed_ipv6),
    CONSTRAINT uq_subscribers_delegated_ipv6_prefix UNIQUE (delegated_ipv6_prefix),
    CONSTRAINT fk_subscribers_account_id FOREIGN KEY(account_id) REFERENCES accounts (account_id),
    CONSTRAINT ck_subscribers_subscriber_id CHECK (subscriber_id > 0),
    CONSTRAINT ck_subscribers_login CHECK (login <> ''),
    CONSTRAINT ck_subscribers_status CHECK (status IN ('active', 'suspended', 'closed')),
    CONSTRAINT ck_subscribers_credential_kind CHECK (credential_kind IN ('clear', 'nt', 'hash', 'crypt', 'none')),
    CONSTRAINT ck_subscribers_mac_mode CHECK (mac_mode IN ('any', 'learn', 'fixed')),
    CONSTRAINT ck_subscribers_sample CHECK (sample IN (0, 1)),
    CONSTRAINT ck_subscribers_auto_renew CHECK (auto_renew IN (0, 1))
)
 STRICT
--;
INSERT INTO new_subscribers (subscriber_id, account_id, login, status, plan_name, credential_kind, credential, mac, mac_mode, device_ids, period_start_us, valid_until_us, sample, created_us, name, group_name, language, timezone, framed_ip_address, framed_ipv6, delegated_ipv6_prefix, replies, auto_renew, next_plan_name, periods_ahead_us, anchor_us, paid_anchor_us, plan_id, plan_ids_ahead)
    SELECT subscriber_id, account_id, login, status, plan_name, credential_kind, credential, mac, mac_mode, device_ids, period_start_us, valid_until_us, sample, created_us, name, group_name, language, timezone, framed_ip_address, framed_ipv6, delegated_ipv6_prefix, replies, auto_renew, next_plan_name, periods_ahead_us, NULL, NULL, 0, ''
    FROM subscribers ORDER BY subscriber_id
--;
DROP TABLE subscribers
--;
ALTER TABLE new_subscribers RENAME TO subscribers
--;
CREATE INDEX ix_subscribers_account_id ON subscribers (account_id)
--;
CREATE INDEX ix_subscribers_ending ON subscribers (valid_until_us, subscriber_id) WHERE valid_until_us IS NOT NULL
--;
CREATE INDEX ix_subscribers_group_name_login ON subscribers (group_name, login)
--;
CREATE INDEX ix_subscribers_mac ON subscribers (mac)
--;
CREATE INDEX ix_subscribers_plan_name_login ON subscribers (plan_name, login)
--;
CREATE VIEW sessions AS SELECT f.session_id AS session_id, f.account_id AS account_id, f.subscriber_id AS subscriber_id, f.device_id AS device_id, f.plan_id AS plan_id, f.state AS state, t.version AS version, f.acct_session_id AS acct_session_id, f.class_session_id AS class_session_id, f.user_name AS user_name, f.calling_station_id AS calling_station_id, f.called_station_id AS called_station_id, f.nas_port AS nas_port, f.nas_port_id AS nas_port_id, f.nas_ip_address AS nas_ip_address, f.nas_identifier AS nas_identifier, f.source_address AS source_address, f.framed_ip_address AS framed_ip_address, f.framed_ipv6_prefix AS framed_ipv6_prefix, f.acct_multi_session_id AS acct_multi_session_id, f.created_us AS created_us, f.start_us AS start_us, t.last_event_us AS last_event_us, t.last_seen_us AS last_seen_us, f.stop_us AS stop_us, f.terminate_cause AS terminate_cause, f.start_seen AS start_seen, f.synthetic AS synthetic, t.input_octets AS input_octets, t.output_octets AS output_octets, t.session_s AS session_s, f.input_base AS input_base, f.output_base AS output_base, f.session_base_s AS session_base_s, f.epoch AS epoch, f.candidate_event_us AS candidate_event_us, f.candidate_input AS candidate_input, f.candidate_output AS candidate_output, f.candidate_s AS candidate_s, f.review_input AS review_input, f.review_output AS review_output, t.free_octets AS free_octets, t.free_s AS free_s, f.fee_due AS fee_due, t.charged_micros AS charged_micros, t.closed_micros AS closed_micros, f.part AS part, f.hold_state AS hold_state, t.granted_micros AS granted_micros, t.used_micros AS used_micros, t.hold_until_us AS hold_until_us, f.slot_until_us AS slot_until_us, f.timeout_s AS timeout_s, f.limit_octets AS limit_octets, f.interim_s AS interim_s, f.cut_order_id AS cut_order_id, t.journal_last AS journal_last, t.records_n AS records_n, f.walled AS walled, f.look_us AS look_us, f.access AS access, f.told AS told, t.unrated_input AS unrated_input, t.unrated_output AS unrated_output, t.unrated_s AS unrated_s, f.adopted AS adopted, f.replaced_by AS replaced_by, f.mac AS mac, f.framed_ipv6_address AS framed_ipv6_address, f.delegated_ipv6_prefix AS delegated_ipv6_prefix, f.strands AS strands, t.uses AS uses FROM session_facts AS f LEFT JOIN session_totals AS t ON t.session_id = f.session_id
--;
CREATE VIEW radacct AS SELECT session_id AS radacctid, acct_session_id AS acctsessionid, printf('%032x', session_id) AS acctuniqueid, user_name AS username, '' AS groupname, '' AS realm, coalesce(nullif(nas_ip_address, ''), source_address) AS nasipaddress, nas_port_id AS nasportid, '' AS nasporttype, datetime(start_us / 1000000, 'unixepoch') AS acctstarttime, datetime(last_event_us / 1000000, 'unixepoch') AS acctupdatetime, datetime(stop_us / 1000000, 'unixepoch') AS acctstoptime, interim_s AS acctinterval, session_s AS acctsessiontime, 'RADIUS' AS acctauthentic, '' AS connectinfo_start, '' AS connectinfo_stop, input_octets AS acctinputoctets, output_octets AS acctoutputoctets, called_station_id AS calledstationid, calling_station_id AS callingstationid, CASE WHEN state = 1 THEN '' ELSE CASE terminate_cause WHEN 1 THEN 'User-Request' WHEN 2 THEN 'Lost-Carrier' WHEN 3 THEN 'Lost-Service' WHEN 4 THEN 'Idle-Timeout' WHEN 5 THEN 'Session-Timeout' WHEN 6 THEN 'Admin-Reset' WHEN 7 THEN 'Admin-Reboot' WHEN 8 THEN 'Port-Error' WHEN 9 THEN 'NAS-Error' WHEN 10 THEN 'NAS-Request' WHEN 11 THEN 'NAS-Reboot' WHEN 12 THEN 'Port-Unneeded' WHEN 13 THEN 'Port-Preempted' WHEN 14 THEN 'Port-Suspended' WHEN 15 THEN 'Service-Unavailable' WHEN 16 THEN 'Callback' WHEN 17 THEN 'User-Error' WHEN 18 THEN 'Host-Request' ELSE '' END END AS acctterminatecause, '' AS servicetype, '' AS framedprotocol, framed_ip_address AS framedipaddress, framed_ipv6_address AS framedipv6address, framed_ipv6_prefix AS framedipv6prefix, '' AS framedinterfaceid, delegated_ipv6_prefix AS delegatedipv6prefix, '' AS class FROM sessions WHERE state IN (1, 2)
--;
CREATE TABLE new_plans (
    plan_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    currency TEXT NOT NULL,
    sample INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    body TEXT NOT NULL,
    source TEXT NOT NULL,
    at_once INTEGER NOT NULL,
    CONSTRAINT pk_plans PRIMARY KEY (plan_id),
    CONSTRAINT uq_plans_name_version UNIQUE (name, version),
    CONSTRAINT ck_plans_plan CHECK (plan_id > 0 AND version > 0 AND name <> ''),
    CONSTRAINT ck_plans_currency CHECK (length(currency) = 3),
    CONSTRAINT ck_plans_sample CHECK (sample IN (0, 1)),
    CONSTRAINT ck_plans_at_once CHECK (at_once IN (0, 1))
)
 STRICT
--;
INSERT INTO new_plans (plan_id, name, version, currency, sample, created_us, body, source, at_once)
    SELECT plan_id, name, version, currency, sample, created_us, body, source, 1
    FROM plans ORDER BY plan_id
--;
DROP TABLE plans
--;
ALTER TABLE new_plans RENAME TO plans
--;
CREATE TABLE pots (
    account_id INTEGER NOT NULL,
    pot TEXT NOT NULL,
    period_start_us INTEGER NOT NULL,
    granted INTEGER NOT NULL,
    used INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    until_us INTEGER,
    ends_us INTEGER,
    purchase_id INTEGER,
    CONSTRAINT pk_pots PRIMARY KEY (account_id, pot, period_start_us),
    CONSTRAINT fk_pots_account_id FOREIGN KEY(account_id) REFERENCES accounts (account_id),
    CONSTRAINT ck_pots_granted CHECK (granted >= 0 AND used >= 0 AND lost >= 0)
)
 WITHOUT ROWID,
 STRICT
--;
CREATE TABLE new_entries (
    entry_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    "key" TEXT NOT NULL,
    currency TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    corrects_entry_id INTEGER,
    session_id INTEGER,
    reason TEXT NOT NULL,
    overrun_micros INTEGER NOT NULL,
    CONSTRAINT pk_entries PRIMARY KEY (account_id, entry_id),
    CONSTRAINT uq_entries_account_id_key UNIQUE (account_id, "key"),
    CONSTRAINT uq_entries_account_id_seq UNIQUE (account_id, seq),
    CONSTRAINT fk_entries_account_id FOREIGN KEY(account_id) REFERENCES accounts (account_id),
    CONSTRAINT fk_entries_account_id_corrects_entry_id FOREIGN KEY(account_id, corrects_entry_id) REFERENCES entries (account_id, entry_id),
    CONSTRAINT ck_entries_corrects_entry_id CHECK ((kind = 'correction') = (corrects_entry_id IS NOT NULL)),
    CONSTRAINT ck_entries_kind CHECK (kind IN ('top-up', 'charge', 'correction', 'transfer', 'package', 'booster', 'activation', 'refund')),
    CONSTRAINT ck_entries_seq CHECK (seq > 0),
    CONSTRAINT ck_entries_key CHECK (key <> ''),
    CONSTRAINT ck_entries_currency CHECK (length(currency) = 3),
    CONSTRAINT ck_entries_overrun_micros CHECK (overrun_micros BETWEEN 0 AND 4000000000000000000)
)
 WITHOUT ROWID,
 STRICT
--;
INSERT INTO new_entries (entry_id, account_id, seq, kind, "key", currency, created_us, corrects_entry_id, session_id, reason, overrun_micros)
    SELECT entry_id, account_id, seq, kind, "key", currency, created_us, corrects_entry_id, session_id, reason, overrun_micros
    FROM entries
--;
DROP TABLE entries
--;
ALTER TABLE new_entries RENAME TO entries
--;
CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'L4: rows of entries are never changed or deleted'); END
--;
CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'L4: rows of entries are never changed or deleted'); END
--;
CREATE TABLE new_purchases (
    purchase_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    subscriber_id INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    kind TEXT NOT NULL,
    plan_id INTEGER NOT NULL,
    price_micros INTEGER NOT NULL,
    entry_id INTEGER,
    before_us INTEGER,
    until_us INTEGER,
    created_us INTEGER NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT pk_purchases PRIMARY KEY (account_id, purchase_id),
    CONSTRAINT uq_purchases_account_id_key UNIQUE (account_id, "key"),
    CONSTRAINT fk_purchases_account_id FOREIGN KEY(account_id) REFERENCES accounts (account_id),
    CONSTRAINT fk_purchases_account_id_entry_id FOREIGN KEY(account_id, entry_id) REFERENCES entries (account_id, entry_id),
    CONSTRAINT ck_purchases_kind CHECK (kind IN ('renewal', 'extension', 'booster', 'change')),
    CONSTRAINT ck_purchases_entry_id CHECK ((price_micros = 0) = (entry_id IS NULL)),
    CONSTRAINT ck_purchases_key CHECK (key <> ''),
    CONSTRAINT ck_purchases_price_micros CHECK (price_micros BETWEEN 0 AND 4000000000000000000)
)
 WITHOUT ROWID,
 STRICT
--;
INSERT INTO new_purchases (purchase_id, account_id, subscriber_id, "key", kind, plan_id, price_micros, entry_id, before_us, until_us, created_us, reason)
    SELECT purchase_id, account_id, subscriber_id, "key", kind, plan_id, price_micros, entry_id, before_us, until_us, created_us, reason
    FROM purchases
--;
DROP TABLE purchases
--;
ALTER TABLE new_purchases RENAME TO purchases
--;
CREATE INDEX ix_purchases_subscriber_id_created_us ON purchases (subscriber_id, created_us)
