DROP TRIGGER journal_no_delete
--;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal WHEN NOT EXISTS (SELECT 1 FROM meta WHERE key = 'purging') BEGIN SELECT RAISE(ABORT, 'L4: rows of journal are never changed or deleted'); END
--;
CREATE TABLE audit (
    seq INTEGER NOT NULL,
    at_us INTEGER NOT NULL,
    who TEXT NOT NULL,
    action TEXT NOT NULL,
    kind TEXT NOT NULL,
    row_id INTEGER NOT NULL,
    subject TEXT NOT NULL,
    "before" TEXT NOT NULL,
    "after" TEXT NOT NULL,
    reason TEXT NOT NULL,
    digest BLOB NOT NULL,
    CONSTRAINT pk_audit PRIMARY KEY (seq),
    CONSTRAINT ck_audit_seq CHECK (seq > 0),
    CONSTRAINT ck_audit_digest CHECK (length(digest) = 32)
)
 STRICT
--;
CREATE INDEX ix_audit_kind_row_id_seq ON audit (kind, row_id, seq)
--;
CREATE INDEX ix_audit_subject_seq ON audit (subject, seq)
--;
CREATE INDEX ix_audit_at_us ON audit (at_us)
--;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'L4: rows of audit are never changed or deleted'); END
--;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'L4: rows of audit are never changed or deleted'); END
--;
CREATE TABLE new_devices (
    device_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    secret BLOB NOT NULL,
    dialect TEXT NOT NULL,
    coa_port INTEGER NOT NULL,
    require_message_authenticator TEXT NOT NULL,
    limit_proxy_state TEXT NOT NULL,
    interim_s INTEGER,
    line_rate_bps INTEGER,
    gigawords INTEGER NOT NULL,
    gigawords_trusted INTEGER NOT NULL,
    counter_mode TEXT NOT NULL,
    swap INTEGER NOT NULL,
    octets_unit INTEGER NOT NULL,
    billing_level TEXT NOT NULL,
    sample INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    accounting_since_us INTEGER NOT NULL,
    coa_per_s INTEGER NOT NULL,
    CONSTRAINT pk_devices PRIMARY KEY (device_id),
    CONSTRAINT uq_devices_name UNIQUE (name),
    CONSTRAINT ck_devices_device_id CHECK (device_id > 0),
    CONSTRAINT ck_devices_name CHECK (name <> ''),
    CONSTRAINT ck_devices_coa_port CHECK (coa_port BETWEEN 1 AND 65535),
    CONSTRAINT ck_devices_octets_unit CHECK (octets_unit > 0),
    CONSTRAINT ck_devices_coa_per_s CHECK (coa_per_s > 0),
    CONSTRAINT ck_devices_counter_mode CHECK (counter_mode IN ('cumulative', 'delta')),
    CONSTRAINT ck_devices_require_message_authenticator CHECK (require_message_authenticator IN ('yes', 'no', 'auto')),
    CONSTRAINT ck_devices_limit_proxy_state CHECK (limit_proxy_state IN ('yes', 'no', 'auto')),
    CONSTRAINT ck_devices_gigawords CHECK (gigawords IN (0, 1)),
    CONSTRAINT ck_devices_gigawords_trusted CHECK (gigawords_trusted IN (0, 1)),
    CONSTRAINT ck_devices_swap CHECK (swap IN (0, 1)),
    CONSTRAINT ck_devices_sample CHECK (sample IN (0, 1))
)
 STRICT
--;
INSERT INTO new_devices (device_id, name, secret, dialect, coa_port, require_message_authenticator, limit_proxy_state, interim_s, line_rate_bps, gigawords, gigawords_trusted, counter_mode, swap, octets_unit, billing_level, sample, created_us, accounting_since_us, coa_per_s)
    SELECT device_id, name, secret, dialect, coa_port, require_message_authenticator, limit_proxy_state, interim_s, line_rate_bps, gigawords, gigawords_trusted, counter_mode, swap, octets_unit, billing_level, sample, created_us, created_us, 20
    FROM devices
--;
DROP TABLE devices
--;
ALTER TABLE new_devices RENAME TO devices
--;
CREATE TABLE new_sessions (
    session_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    subscriber_id INTEGER NOT NULL,
    device_id INTEGER NOT NULL,
    plan_id INTEGER NOT NULL,
    state INTEGER NOT NULL,
    version INTEGER NOT NULL,
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
    last_event_us INTEGER NOT NULL,
    last_seen_us INTEGER NOT NULL,
    stop_us INTEGER,
    terminate_cause INTEGER NOT NULL,
    start_seen INTEGER NOT NULL,
    synthetic INTEGER NOT NULL,
    input_octets INTEGER NOT NULL,
    output_octets INTEGER NOT NULL,
    session_s INTEGER NOT NULL,
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
    free_octets INTEGER NOT NULL,
    free_s INTEGER NOT NULL,
    fee_due INTEGER NOT NULL,
    charged_micros INTEGER NOT NULL,
    closed_micros INTEGER NOT NULL,
    part INTEGER NOT NULL,
    hold_state INTEGER NOT NULL,
    granted_micros INTEGER NOT NULL,
    used_micros INTEGER NOT NULL,
    hold_until_us INTEGER NOT NULL,
    slot_until_us INTEGER NOT NULL,
    timeout_s INTEGER NOT NULL,
    limit_octets INTEGER NOT NULL,
    interim_s INTEGER NOT NULL,
    cut_order_id INTEGER NOT NULL,
    journal_last INTEGER NOT NULL,
    records_n INTEGER NOT NULL,
    walled INTEGER NOT NULL,
    look_us INTEGER,
    access TEXT NOT NULL,
    told BLOB NOT NULL,
    unrated_input INTEGER NOT NULL,
    unrated_output INTEGER NOT NULL,
    unrated_s INTEGER NOT NULL,
    adopted INTEGER NOT NULL,
    replaced_by INTEGER NOT NULL,
    mac TEXT,
    framed_ipv6_address TEXT NOT NULL,
    delegated_ipv6_prefix TEXT NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (account_id, session_id),
    CONSTRAINT ck_sessions_ids CHECK (session_id > 0 AND account_id >= 0 AND version > 0),
    CONSTRAINT ck_sessions_state CHECK (state BETWEEN 0 AND 3),
    CONSTRAINT ck_sessions_hold_state CHECK (hold_state BETWEEN 0 AND 4),
    CONSTRAINT ck_sessions_hold CHECK (used_micros BETWEEN 0 AND granted_micros),
    CONSTRAINT ck_sessions_charged_micros CHECK (closed_micros BETWEEN 0 AND charged_micros),
    CONSTRAINT ck_sessions_usage CHECK (input_octets >= 0 AND output_octets >= 0 AND session_s >= 0),
    CONSTRAINT ck_sessions_walled CHECK (walled BETWEEN 0 AND 3),
    CONSTRAINT ck_sessions_unrated CHECK (unrated_input BETWEEN 0 AND input_octets AND unrated_output BETWEEN 0 AND output_octets AND unrated_s BETWEEN 0 AND session_s),
    CONSTRAINT ck_sessions_start_seen CHECK (start_seen IN (0, 1)),
    CONSTRAINT ck_sessions_synthetic CHECK (synthetic IN (0, 1)),
    CONSTRAINT ck_sessions_fee_due CHECK (fee_due IN (0, 1)),
    CONSTRAINT ck_sessions_adopted CHECK (adopted IN (0, 1))
)
 WITHOUT ROWID,
 STRICT
--;
INSERT INTO new_sessions (session_id, account_id, subscriber_id, device_id, plan_id, state, version, acct_session_id, class_session_id, user_name, calling_station_id, called_station_id, nas_port, nas_port_id, nas_ip_address, nas_identifier, source_address, framed_ip_address, framed_ipv6_prefix, acct_multi_session_id, created_us, start_us, last_event_us, last_seen_us, stop_us, terminate_cause, start_seen, synthetic, input_octets, output_octets, session_s, input_base, output_base, session_base_s, epoch, candidate_event_us, candidate_input, candidate_output, candidate_s, review_input, review_output, free_octets, free_s, fee_due, charged_micros, closed_micros, part, hold_state, granted_micros, used_micros, hold_until_us, slot_until_us, timeout_s, limit_octets, interim_s, cut_order_id, journal_last, records_n, walled, look_us, access, told, unrated_input, unrated_output, unrated_s, adopted, replaced_by, mac, framed_ipv6_address, delegated_ipv6_prefix)
    SELECT session_id, account_id, subscriber_id, device_id, plan_id, state, version, acct_session_id, class_session_id, user_name, calling_station_id, called_station_id, nas_port, nas_port_id, nas_ip_address, nas_identifier, source_address, framed_ip_address, framed_ipv6_prefix, acct_multi_session_id, created_us, start_us, last_event_us, last_seen_us, stop_us, terminate_cause, start_seen, synthetic, input_octets, output_octets, session_s, input_base, output_base, session_base_s, epoch, candidate_event_us, candidate_input, candidate_output, candidate_s, review_input, review_output, free_octets, free_s, fee_due, charged_micros, closed_micros, part, hold_state, granted_micros, used_micros, hold_until_us, slot_until_us, timeout_s, limit_octets, interim_s, cut_order_id, journal_last, records_n, 0, NULL, '', x'', 0, 0, 0, 0, 0, CASE WHEN calling_station_id GLOB '[0-9A-Fa-f][0-9A-Fa-f][:-]*' AND length(calling_station_id) = 17 THEN lower(replace(calling_station_id, '-', ':')) END, '', ''
    FROM sessions
--;
DROP TABLE sessions
--;
ALTER TABLE new_sessions RENAME TO sessions
--;
CREATE INDEX ix_sessions_framed_ipv6_address ON sessions (framed_ipv6_address, start_us, stop_us, session_id) WHERE framed_ipv6_address <> ''
--;
CREATE INDEX ix_sessions_live_device ON sessions (device_id, session_id) WHERE state < 2
--;
CREATE INDEX ix_sessions_device_id_acct_session_id_session_id ON sessions (device_id, acct_session_id, session_id)
--;
CREATE INDEX ix_sessions_delegated_ipv6_prefix ON sessions (delegated_ipv6_prefix, start_us, stop_us, session_id) WHERE delegated_ipv6_prefix <> ''
--;
CREATE INDEX ix_sessions_live_account ON sessions (account_id, session_id) WHERE state < 2
--;
CREATE INDEX ix_sessions_framed_ip_address ON sessions (framed_ip_address, start_us, stop_us, session_id) WHERE framed_ip_address <> ''
--;
CREATE INDEX ix_sessions_mac ON sessions (mac, start_us, stop_us, session_id) WHERE mac <> ''
--;
CREATE INDEX ix_sessions_framed_ipv6_prefix ON sessions (framed_ipv6_prefix, start_us, stop_us, session_id) WHERE framed_ipv6_prefix <> ''
--;
CREATE INDEX ix_sessions_session_id ON sessions (session_id)
--;
CREATE TABLE new_orders (
    order_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    session_id INTEGER NOT NULL,
    device_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    attributes BLOB NOT NULL,
    address TEXT NOT NULL,
    port INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    state TEXT NOT NULL,
    attempts_n INTEGER NOT NULL,
    result TEXT,
    error_cause INTEGER NOT NULL,
    done_us INTEGER,
    CONSTRAINT pk_orders PRIMARY KEY (account_id, order_id),
    CONSTRAINT ck_orders_kind CHECK (kind IN ('disconnect', 'limits', 'service')),
    CONSTRAINT ck_orders_state CHECK (state IN ('pending', 'done', 'failed')),
    CONSTRAINT ck_orders_result CHECK (result IN ('ack', 'nak', 'silence', 'obsolete'))
)
 STRICT
--;
INSERT INTO new_orders (order_id, account_id, session_id, device_id, kind, reason, attributes, address, port, created_us, state, attempts_n, result, error_cause, done_us)
    SELECT order_id, account_id, session_id, device_id, kind, reason, attributes, address, port, created_us, state, attempts_n, result, error_cause, done_us
    FROM orders
--;
DROP TABLE orders
--;
ALTER TABLE new_orders RENAME TO orders
--;
CREATE INDEX ix_orders_order_id ON orders (order_id)
--;
CREATE INDEX ix_orders_pending ON orders (order_id) WHERE state = 'pending'
--;
CREATE INDEX ix_orders_session_id ON orders (session_id)
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
    CONSTRAINT ck_entries_kind CHECK (kind IN ('top-up', 'charge', 'correction', 'transfer', 'package')),
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
CREATE TABLE device_observations (
    device_id INTEGER NOT NULL,
    first_seen_us INTEGER NOT NULL,
    last_seen_us INTEGER NOT NULL,
    requests_n INTEGER NOT NULL,
    interims_n INTEGER NOT NULL,
    interim_s INTEGER NOT NULL,
    unsigned_n INTEGER NOT NULL,
    unsigned_us INTEGER NOT NULL,
    wrong_sums_n INTEGER NOT NULL,
    wrong_sums_us INTEGER NOT NULL,
    clock_offset_us INTEGER,
    CONSTRAINT pk_device_observations PRIMARY KEY (device_id),
    CONSTRAINT fk_device_observations_device_id FOREIGN KEY(device_id) REFERENCES devices (device_id) ON DELETE CASCADE
)
 STRICT
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
INSERT INTO new_subscribers (subscriber_id, account_id, login, status, plan_name, credential_kind, credential, mac, mac_mode, device_ids, period_start_us, valid_until_us, sample, created_us, name, group_name, language, timezone, framed_ip_address, framed_ipv6, delegated_ipv6_prefix, replies, auto_renew, next_plan_name, periods_ahead_us)
    SELECT subscriber_id, account_id, login, status, plan_name, credential_kind, credential, mac, mac_mode, device_ids, period_start_us, valid_until_us, sample, created_us, '', '', '', '', NULL, NULL, NULL, '', NULL, NULL, ''
    FROM subscribers
--;
DROP TABLE subscribers
--;
ALTER TABLE new_subscribers RENAME TO subscribers
--;
CREATE INDEX ix_subscribers_group_name_login ON subscribers (group_name, login)
--;
CREATE INDEX ix_subscribers_ending ON subscribers (valid_until_us, subscriber_id) WHERE valid_until_us IS NOT NULL
--;
CREATE INDEX ix_subscribers_account_id ON subscribers (account_id)
--;
CREATE INDEX ix_subscribers_mac ON subscribers (mac)
--;
CREATE INDEX ix_subscribers_plan_name_login ON subscribers (plan_name, login)
--;
CREATE TABLE purchases (
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
    CONSTRAINT ck_purchases_kind CHECK (kind IN ('renewal', 'extension')),
    CONSTRAINT ck_purchases_entry_id CHECK ((price_micros = 0) = (entry_id IS NULL)),
    CONSTRAINT ck_purchases_key CHECK (key <> ''),
    CONSTRAINT ck_purchases_price_micros CHECK (price_micros BETWEEN 0 AND 4000000000000000000)
)
 WITHOUT ROWID,
 STRICT
--;
CREATE INDEX ix_purchases_subscriber_id_created_us ON purchases (subscriber_id, created_us)
--;
CREATE TABLE subscriber_words (
    word TEXT NOT NULL,
    subscriber_id INTEGER NOT NULL,
    CONSTRAINT pk_subscriber_words PRIMARY KEY (word, subscriber_id),
    CONSTRAINT fk_subscriber_words_subscriber_id FOREIGN KEY(subscriber_id) REFERENCES subscribers (subscriber_id)
)
 WITHOUT ROWID,
 STRICT
--;
CREATE INDEX ix_subscriber_words_subscriber_id ON subscriber_words (subscriber_id)
--;
CREATE TABLE purged (
    account_id INTEGER NOT NULL,
    sessions_n INTEGER NOT NULL,
    input_octets INTEGER NOT NULL,
    output_octets INTEGER NOT NULL,
    session_s INTEGER NOT NULL,
    free_octets INTEGER NOT NULL,
    free_s INTEGER NOT NULL,
    charged_micros INTEGER NOT NULL,
    newest_us INTEGER NOT NULL,
    CONSTRAINT pk_purged PRIMARY KEY (account_id),
    CONSTRAINT ck_purged_sessions_n CHECK (sessions_n > 0 AND account_id >= 0),
    CONSTRAINT ck_purged_usage CHECK (input_octets >= 0 AND output_octets >= 0 AND session_s >= 0),
    CONSTRAINT ck_purged_cost CHECK (free_octets >= 0 AND free_s >= 0 AND charged_micros >= 0)
)
 STRICT
--;
CREATE VIEW radacct AS SELECT session_id AS radacctid, acct_session_id AS acctsessionid, printf('%032x', session_id) AS acctuniqueid, user_name AS username, '' AS groupname, '' AS realm, coalesce(nullif(nas_ip_address, ''), source_address) AS nasipaddress, nas_port_id AS nasportid, '' AS nasporttype, datetime(start_us / 1000000, 'unixepoch') AS acctstarttime, datetime(last_event_us / 1000000, 'unixepoch') AS acctupdatetime, datetime(stop_us / 1000000, 'unixepoch') AS acctstoptime, interim_s AS acctinterval, session_s AS acctsessiontime, 'RADIUS' AS acctauthentic, '' AS connectinfo_start, '' AS connectinfo_stop, input_octets AS acctinputoctets, output_octets AS acctoutputoctets, called_station_id AS calledstationid, calling_station_id AS callingstationid, CASE WHEN state = 1 THEN '' ELSE CASE terminate_cause WHEN 1 THEN 'User-Request' WHEN 2 THEN 'Lost-Carrier' WHEN 3 THEN 'Lost-Service' WHEN 4 THEN 'Idle-Timeout' WHEN 5 THEN 'Session-Timeout' WHEN 6 THEN 'Admin-Reset' WHEN 7 THEN 'Admin-Reboot' WHEN 8 THEN 'Port-Error' WHEN 9 THEN 'NAS-Error' WHEN 10 THEN 'NAS-Request' WHEN 11 THEN 'NAS-Reboot' WHEN 12 THEN 'Port-Unneeded' WHEN 13 THEN 'Port-Preempted' WHEN 14 THEN 'Port-Suspended' WHEN 15 THEN 'Service-Unavailable' WHEN 16 THEN 'Callback' WHEN 17 THEN 'User-Error' WHEN 18 THEN 'Host-Request' ELSE '' END END AS acctterminatecause, '' AS servicetype, '' AS framedprotocol, framed_ip_address AS framedipaddress, framed_ipv6_address AS framedipv6address, framed_ipv6_prefix AS framedipv6prefix, '' AS framedinterfaceid, delegated_ipv6_prefix AS delegatedipv6prefix, '' AS class FROM sessions WHERE state IN (1, 2)
