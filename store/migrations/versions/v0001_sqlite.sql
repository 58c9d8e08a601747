CREATE TABLE accounts (
    account_id INTEGER NOT NULL,
    currency TEXT NOT NULL,
    credit_limit_micros INTEGER NOT NULL,
    posted_micros INTEGER NOT NULL,
    open_micros INTEGER NOT NULL,
    held_micros INTEGER NOT NULL,
    entries_n INTEGER NOT NULL,
    CONSTRAINT pk_accounts PRIMARY KEY (account_id),
    CONSTRAINT ck_accounts_account_id CHECK (account_id > 0),
    CONSTRAINT ck_accounts_currency CHECK (length(currency) = 3),
    CONSTRAINT ck_accounts_credit_limit_micros CHECK (credit_limit_micros BETWEEN 0 AND 4000000000000000000),
    CONSTRAINT ck_accounts_posted_micros CHECK (posted_micros BETWEEN -4000000000000000000 AND 4000000000000000000),
    CONSTRAINT ck_accounts_open_micros CHECK (open_micros BETWEEN 0 AND 4000000000000000000),
    CONSTRAINT ck_accounts_held_micros CHECK (held_micros BETWEEN 0 AND 4000000000000000000),
    CONSTRAINT ck_accounts_entries_n CHECK (entries_n >= 0)
)
 STRICT
--;
CREATE TABLE journal (
    journal_id INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    body BLOB NOT NULL,
    digest BLOB NOT NULL,
    CONSTRAINT pk_journal PRIMARY KEY (journal_id),
    CONSTRAINT ck_journal_digest CHECK (length(digest) = 32)
)
 STRICT
--;
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'L4: rows of journal are never changed or deleted'); END
--;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'L4: rows of journal are never changed or deleted'); END
--;
CREATE TABLE changes (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    row_id INTEGER NOT NULL,
    CONSTRAINT ck_changes_kind CHECK (kind IN ('account', 'subscriber', 'device', 'plan', 'order', 'session'))
)
 STRICT
--;
CREATE TABLE meta (
    "key" TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_meta PRIMARY KEY ("key")
)
 STRICT
--;
CREATE TABLE devices (
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
    CONSTRAINT pk_devices PRIMARY KEY (device_id),
    CONSTRAINT uq_devices_name UNIQUE (name),
    CONSTRAINT ck_devices_device_id CHECK (device_id > 0),
    CONSTRAINT ck_devices_name CHECK (name <> ''),
    CONSTRAINT ck_devices_coa_port CHECK (coa_port BETWEEN 1 AND 65535),
    CONSTRAINT ck_devices_octets_unit CHECK (octets_unit > 0),
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
CREATE TABLE device_marks (
    device_id INTEGER NOT NULL,
    nas_identifier TEXT NOT NULL,
    event_us INTEGER NOT NULL,
    CONSTRAINT pk_device_marks PRIMARY KEY (device_id, nas_identifier)
)
 WITHOUT ROWID,
 STRICT
--;
CREATE TABLE knocks (
    address TEXT NOT NULL,
    count_n INTEGER NOT NULL,
    first_us INTEGER NOT NULL,
    last_us INTEGER NOT NULL,
    code INTEGER NOT NULL,
    port INTEGER NOT NULL,
    CONSTRAINT pk_knocks PRIMARY KEY (address),
    CONSTRAINT ck_knocks_count_n CHECK (count_n > 0)
)
 STRICT
--;
CREATE INDEX ix_knocks_last_us ON knocks (last_us)
--;
CREATE TABLE plans (
    plan_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    currency TEXT NOT NULL,
    sample INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    body TEXT NOT NULL,
    source TEXT NOT NULL,
    CONSTRAINT pk_plans PRIMARY KEY (plan_id),
    CONSTRAINT uq_plans_name_version UNIQUE (name, version),
    CONSTRAINT ck_plans_plan CHECK (plan_id > 0 AND version > 0 AND name <> ''),
    CONSTRAINT ck_plans_currency CHECK (length(currency) = 3),
    CONSTRAINT ck_plans_sample CHECK (sample IN (0, 1))
)
 STRICT
--;
CREATE TABLE sessions (
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
    CONSTRAINT pk_sessions PRIMARY KEY (account_id, session_id),
    CONSTRAINT ck_sessions_ids CHECK (session_id > 0 AND account_id >= 0 AND version > 0),
    CONSTRAINT ck_sessions_state CHECK (state BETWEEN 0 AND 3),
    CONSTRAINT ck_sessions_hold_state CHECK (hold_state BETWEEN 0 AND 4),
    CONSTRAINT ck_sessions_hold CHECK (used_micros BETWEEN 0 AND granted_micros),
    CONSTRAINT ck_sessions_charged_micros CHECK (closed_micros BETWEEN 0 AND charged_micros),
    CONSTRAINT ck_sessions_usage CHECK (input_octets >= 0 AND output_octets >= 0 AND session_s >= 0),
    CONSTRAINT ck_sessions_start_seen CHECK (start_seen IN (0, 1)),
    CONSTRAINT ck_sessions_synthetic CHECK (synthetic IN (0, 1)),
    CONSTRAINT ck_sessions_fee_due CHECK (fee_due IN (0, 1))
)
 WITHOUT ROWID,
 STRICT
--;
CREATE INDEX ix_sessions_live_account ON sessions (account_id, session_id) WHERE state < 2
--;
CREATE INDEX ix_sessions_device_id_acct_session_id_session_id ON sessions (device_id, acct_session_id, session_id)
--;
CREATE INDEX ix_sessions_live_device ON sessions (device_id, session_id) WHERE state < 2
--;
CREATE INDEX ix_sessions_session_id ON sessions (session_id)
--;
CREATE TABLE orders (
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
    CONSTRAINT ck_orders_kind CHECK (kind IN ('disconnect', 'limits')),
    CONSTRAINT ck_orders_state CHECK (state IN ('pending', 'done', 'failed')),
    CONSTRAINT ck_orders_result CHECK (result IN ('ack', 'nak', 'silence', 'obsolete'))
)
 STRICT
--;
CREATE INDEX ix_orders_session_id ON orders (session_id)
--;
CREATE INDEX ix_orders_order_id ON orders (order_id)
--;
CREATE INDEX ix_orders_pending ON orders (order_id) WHERE state = 'pending'
--;
CREATE TABLE suspense (
    suspense_id INTEGER NOT NULL,
    session_id INTEGER NOT NULL,
    device_id INTEGER NOT NULL,
    reason TEXT NOT NULL,
    user_name TEXT NOT NULL,
    input_octets INTEGER NOT NULL,
    output_octets INTEGER NOT NULL,
    session_s INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    state TEXT NOT NULL,
    resolved_us INTEGER,
    account_id INTEGER NOT NULL,
    entry_id INTEGER,
    note TEXT NOT NULL,
    CONSTRAINT pk_suspense PRIMARY KEY (suspense_id),
    CONSTRAINT ck_suspense_state CHECK (state IN ('open', 'assigned', 'dropped', 'settled'))
)
 STRICT
--;
CREATE INDEX ix_suspense_open ON suspense (suspense_id) WHERE state = 'open'
--;
CREATE INDEX ix_suspense_session_id ON suspense (session_id)
--;
CREATE TABLE decisions (
    login TEXT NOT NULL,
    slot INTEGER NOT NULL,
    n INTEGER NOT NULL,
    decided_us INTEGER NOT NULL,
    device_id INTEGER NOT NULL,
    user_name TEXT NOT NULL,
    mac TEXT NOT NULL,
    code TEXT NOT NULL,
    session_id INTEGER NOT NULL,
    request TEXT NOT NULL,
    reply TEXT NOT NULL,
    CONSTRAINT pk_decisions PRIMARY KEY (login, slot)
)
 STRICT
--;
CREATE INDEX ix_decisions_decided_us ON decisions (decided_us)
--;
CREATE INDEX ix_decisions_mac_decided_us ON decisions (mac, decided_us)
--;
CREATE INDEX ix_decisions_login_n ON decisions (login, n)
--;
CREATE TABLE allowances (
    account_id INTEGER NOT NULL,
    period_start_us INTEGER NOT NULL,
    used_octets INTEGER NOT NULL,
    used_s INTEGER NOT NULL,
    CONSTRAINT pk_allowances PRIMARY KEY (account_id, period_start_us),
    CONSTRAINT fk_allowances_account_id FOREIGN KEY(account_id) REFERENCES accounts (account_id),
    CONSTRAINT ck_allowances_used CHECK (used_octets >= 0 AND used_s >= 0)
)
 WITHOUT ROWID,
 STRICT
--;
CREATE TABLE entries (
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
    CONSTRAINT ck_entries_kind CHECK (kind IN ('top-up', 'charge', 'correction', 'transfer')),
    CONSTRAINT ck_entries_seq CHECK (seq > 0),
    CONSTRAINT ck_entries_key CHECK (key <> ''),
    CONSTRAINT ck_entries_currency CHECK (length(currency) = 3),
    CONSTRAINT ck_entries_overrun_micros CHECK (overrun_micros BETWEEN 0 AND 4000000000000000000)
)
 WITHOUT ROWID,
 STRICT
--;
CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'L4: rows of entries are never changed or deleted'); END
--;
CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'L4: rows of entries are never changed or deleted'); END
--;
CREATE TABLE device_addresses (
    prefix TEXT NOT NULL,
    device_id INTEGER NOT NULL,
    CONSTRAINT pk_device_addresses PRIMARY KEY (prefix),
    CONSTRAINT fk_device_addresses_device_id FOREIGN KEY(device_id) REFERENCES devices (device_id) ON DELETE CASCADE
)
 STRICT
--;
CREATE INDEX ix_device_addresses_device_id ON device_addresses (device_id)
--;
CREATE TABLE device_latches (
    device_id INTEGER NOT NULL,
    source_address TEXT NOT NULL,
    latch TEXT NOT NULL,
    since_us INTEGER NOT NULL,
    CONSTRAINT pk_device_latches PRIMARY KEY (device_id, source_address, latch),
    CONSTRAINT fk_device_latches_device_id FOREIGN KEY(device_id) REFERENCES devices (device_id) ON DELETE CASCADE,
    CONSTRAINT ck_device_latches_latch CHECK (latch IN ('message-authenticator', 'no-proxy-state'))
)
 WITHOUT ROWID,
 STRICT
--;
CREATE TABLE subscribers (
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
    CONSTRAINT pk_subscribers PRIMARY KEY (subscriber_id),
    CONSTRAINT uq_subscribers_login UNIQUE (login),
    CONSTRAINT fk_subscribers_account_id FOREIGN KEY(account_id) REFERENCES accounts (account_id),
    CONSTRAINT ck_subscribers_subscriber_id CHECK (subscriber_id > 0),
    CONSTRAINT ck_subscribers_login CHECK (login <> ''),
    CONSTRAINT ck_subscribers_status CHECK (status IN ('active', 'suspended', 'closed')),
    CONSTRAINT ck_subscribers_credential_kind CHECK (credential_kind IN ('clear', 'nt', 'hash', 'none')),
    CONSTRAINT ck_subscribers_mac_mode CHECK (mac_mode IN ('any', 'learn', 'fixed')),
    CONSTRAINT ck_subscribers_sample CHECK (sample IN (0, 1))
)
 STRICT
--;
CREATE INDEX ix_subscribers_mac ON subscribers (mac)
--;
CREATE INDEX ix_subscribers_account_id ON subscribers (account_id)
--;
CREATE TABLE postings (
    entry_account_id INTEGER NOT NULL,
    entry_id INTEGER NOT NULL,
    n INTEGER NOT NULL,
    book TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    amount_micros INTEGER NOT NULL,
    CONSTRAINT pk_postings PRIMARY KEY (entry_account_id, entry_id, n),
    CONSTRAINT fk_postings_entry_account_id_entry_id FOREIGN KEY(entry_account_id, entry_id) REFERENCES entries (account_id, entry_id),
    CONSTRAINT ck_postings_book CHECK (book IN ('customer', 'cash', 'revenue', 'adjustment')),
    CONSTRAINT ck_postings_amount_micros CHECK (amount_micros <> 0 AND amount_micros BETWEEN -4000000000000000000 AND 4000000000000000000)
)
 WITHOUT ROWID,
 STRICT
--;
CREATE INDEX ix_postings_account_id_entry_id ON postings (account_id, entry_id)
--;
CREATE TRIGGER postings_no_update BEFORE UPDATE ON postings BEGIN SELECT RAISE(ABORT, 'L4: rows of postings are never changed or deleted'); END
--;
CREATE TRIGGER postings_no_delete BEFORE DELETE ON postings BEGIN SELECT RAISE(ABORT, 'L4: rows of postings are never changed or deleted'); END
--;
CREATE TABLE charges (
    account_id INTEGER NOT NULL,
    session_id INTEGER NOT NULL,
    part INTEGER NOT NULL,
    step INTEGER NOT NULL,
    day INTEGER NOT NULL,
    plan_id INTEGER NOT NULL,
    input_octets INTEGER NOT NULL,
    output_octets INTEGER NOT NULL,
    session_s INTEGER NOT NULL,
    amount_micros INTEGER NOT NULL,
    entry_id INTEGER,
    CONSTRAINT pk_charges PRIMARY KEY (account_id, session_id, part, step, day),
    CONSTRAINT fk_charges_account_id_session_id FOREIGN KEY(account_id, session_id) REFERENCES sessions (account_id, session_id),
    CONSTRAINT fk_charges_account_id_entry_id FOREIGN KEY(account_id, entry_id) REFERENCES entries (account_id, entry_id),
    CONSTRAINT ck_charges_usage CHECK (input_octets >= 0 AND output_octets >= 0 AND session_s >= 0 AND part >= 0),
    CONSTRAINT ck_charges_amount_micros CHECK (amount_micros BETWEEN 0 AND 4000000000000000000)
)
 WITHOUT ROWID,
 STRICT
