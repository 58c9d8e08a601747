CREATE OR REPLACE FUNCTION tollhouse_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'L4: rows of % are never changed or deleted', TG_TABLE_NAME;
END $$
--;
CREATE TABLE accounts (
    account_id BIGINT NOT NULL,
    currency TEXT NOT NULL,
    credit_limit_micros BIGINT NOT NULL,
    posted_micros BIGINT NOT NULL,
    open_micros BIGINT NOT NULL,
    held_micros BIGINT NOT NULL,
    entries_n BIGINT NOT NULL,
    CONSTRAINT pk_accounts PRIMARY KEY (account_id),
    CONSTRAINT ck_accounts_account_id CHECK (account_id > 0),
    CONSTRAINT ck_accounts_currency CHECK (length(currency) = 3),
    CONSTRAINT ck_accounts_credit_limit_micros CHECK (credit_limit_micros BETWEEN 0 AND 4000000000000000000),
    CONSTRAINT ck_accounts_posted_micros CHECK (posted_micros BETWEEN -4000000000000000000 AND 4000000000000000000),
    CONSTRAINT ck_accounts_open_micros CHECK (open_micros BETWEEN 0 AND 4000000000000000000),
    CONSTRAINT ck_accounts_held_micros CHECK (held_micros BETWEEN 0 AND 4000000000000000000),
    CONSTRAINT ck_accounts_entries_n CHECK (entries_n >= 0)
)
 WITH (fillfactor = 80)
--;
CREATE TABLE journal (
    journal_id BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    body BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    CONSTRAINT pk_journal PRIMARY KEY (journal_id),
    CONSTRAINT ck_journal_digest CHECK (length(digest) = 32)
)
--;
CREATE TRIGGER journal_written_once BEFORE UPDATE OR DELETE ON journal FOR EACH ROW EXECUTE FUNCTION tollhouse_written_once()
--;
CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal FOR EACH STATEMENT EXECUTE FUNCTION tollhouse_written_once()
--;
CREATE TABLE changes (
    seq BIGSERIAL NOT NULL,
    kind TEXT NOT NULL,
    row_id BIGINT NOT NULL,
    CONSTRAINT pk_changes PRIMARY KEY (seq),
    CONSTRAINT ck_changes_kind CHECK (kind IN ('account', 'subscriber', 'device', 'plan', 'order', 'session'))
)
--;
CREATE TABLE meta (
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_meta PRIMARY KEY (key)
)
--;
CREATE TABLE devices (
    device_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    secret BYTEA NOT NULL,
    dialect TEXT NOT NULL,
    coa_port BIGINT NOT NULL,
    require_message_authenticator TEXT NOT NULL,
    limit_proxy_state TEXT NOT NULL,
    interim_s BIGINT,
    line_rate_bps BIGINT,
    gigawords BOOLEAN NOT NULL,
    gigawords_trusted BOOLEAN NOT NULL,
    counter_mode TEXT NOT NULL,
    swap BOOLEAN NOT NULL,
    octets_unit BIGINT NOT NULL,
    billing_level TEXT NOT NULL,
    sample BOOLEAN NOT NULL,
    created_us BIGINT NOT NULL,
    CONSTRAINT pk_devices PRIMARY KEY (device_id),
    CONSTRAINT uq_devices_name UNIQUE (name),
    CONSTRAINT ck_devices_device_id CHECK (device_id > 0),
    CONSTRAINT ck_devices_name CHECK (name <> ''),
    CONSTRAINT ck_devices_coa_port CHECK (coa_port BETWEEN 1 AND 65535),
    CONSTRAINT ck_devices_octets_unit CHECK (octets_unit > 0),
    CONSTRAINT ck_devices_counter_mode CHECK (counter_mode IN ('cumulative', 'delta')),
    CONSTRAINT ck_devices_require_message_authenticator CHECK (require_message_authenticator IN ('yes', 'no', 'auto')),
    CONSTRAINT ck_devices_limit_proxy_state CHECK (limit_proxy_state IN ('yes', 'no', 'auto'))
)
--;
CREATE TABLE device_marks (
    device_id BIGINT NOT NULL,
    nas_identifier TEXT NOT NULL,
    event_us BIGINT NOT NULL,
    CONSTRAINT pk_device_marks PRIMARY KEY (device_id, nas_identifier)
)
--;
CREATE TABLE knocks (
    address TEXT NOT NULL,
    count_n BIGINT NOT NULL,
    first_us BIGINT NOT NULL,
    last_us BIGINT NOT NULL,
    code SMALLINT NOT NULL,
    port BIGINT NOT NULL,
    CONSTRAINT pk_knocks PRIMARY KEY (address),
    CONSTRAINT ck_knocks_count_n CHECK (count_n > 0)
)
--;
CREATE INDEX ix_knocks_last_us ON knocks (last_us)
--;
CREATE TABLE plans (
    plan_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    currency TEXT NOT NULL,
    sample BOOLEAN NOT NULL,
    created_us BIGINT NOT NULL,
    body TEXT NOT NULL,
    source TEXT NOT NULL,
    CONSTRAINT pk_plans PRIMARY KEY (plan_id),
    CONSTRAINT uq_plans_name_version UNIQUE (name, version),
    CONSTRAINT ck_plans_plan CHECK (plan_id > 0 AND version > 0 AND name <> ''),
    CONSTRAINT ck_plans_currency CHECK (length(currency) = 3)
)
--;
CREATE TABLE sessions (
    session_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    subscriber_id BIGINT NOT NULL,
    device_id BIGINT NOT NULL,
    plan_id BIGINT NOT NULL,
    state SMALLINT NOT NULL,
    version BIGINT NOT NULL,
    acct_session_id TEXT NOT NULL,
    class_session_id BIGINT NOT NULL,
    user_name TEXT NOT NULL,
    calling_station_id TEXT NOT NULL,
    called_station_id TEXT NOT NULL,
    nas_port BIGINT,
    nas_port_id TEXT NOT NULL,
    nas_ip_address TEXT NOT NULL,
    nas_identifier TEXT NOT NULL,
    source_address TEXT NOT NULL,
    framed_ip_address TEXT NOT NULL,
    framed_ipv6_prefix TEXT NOT NULL,
    acct_multi_session_id TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    start_us BIGINT NOT NULL,
    last_event_us BIGINT NOT NULL,
    last_seen_us BIGINT NOT NULL,
    stop_us BIGINT,
    terminate_cause BIGINT NOT NULL,
    start_seen BOOLEAN NOT NULL,
    synthetic BOOLEAN NOT NULL,
    input_octets BIGINT NOT NULL,
    output_octets BIGINT NOT NULL,
    session_s BIGINT NOT NULL,
    input_base BIGINT NOT NULL,
    output_base BIGINT NOT NULL,
    session_base_s BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    candidate_event_us BIGINT,
    candidate_input BIGINT NOT NULL,
    candidate_output BIGINT NOT NULL,
    candidate_s BIGINT NOT NULL,
    review_input BIGINT NOT NULL,
    review_output BIGINT NOT NULL,
    free_octets BIGINT NOT NULL,
    free_s BIGINT NOT NULL,
    fee_due BOOLEAN NOT NULL,
    charged_micros BIGINT NOT NULL,
    closed_micros BIGINT NOT NULL,
    part BIGINT NOT NULL,
    hold_state SMALLINT NOT NULL,
    granted_micros BIGINT NOT NULL,
    used_micros BIGINT NOT NULL,
    hold_until_us BIGINT NOT NULL,
    slot_until_us BIGINT NOT NULL,
    timeout_s BIGINT NOT NULL,
    limit_octets BIGINT NOT NULL,
    interim_s BIGINT NOT NULL,
    cut_order_id BIGINT NOT NULL,
    journal_last BIGINT NOT NULL,
    records_n BIGINT NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (account_id, session_id),
    CONSTRAINT ck_sessions_ids CHECK (session_id > 0 AND account_id >= 0 AND version > 0),
    CONSTRAINT ck_sessions_state CHECK (state BETWEEN 0 AND 3),
    CONSTRAINT ck_sessions_hold_state CHECK (hold_state BETWEEN 0 AND 4),
    CONSTRAINT ck_sessions_hold CHECK (used_micros BETWEEN 0 AND granted_micros),
    CONSTRAINT ck_sessions_charged_micros CHECK (closed_micros BETWEEN 0 AND charged_micros),
    CONSTRAINT ck_sessions_usage CHECK (input_octets >= 0 AND output_octets >= 0 AND session_s >= 0)
)
 WITH (fillfactor = 70)
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
    order_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    session_id BIGINT NOT NULL,
    device_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    attributes BYTEA NOT NULL,
    address TEXT NOT NULL,
    port BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    state TEXT NOT NULL,
    attempts_n BIGINT NOT NULL,
    result TEXT,
    error_cause BIGINT NOT NULL,
    done_us BIGINT,
    CONSTRAINT pk_orders PRIMARY KEY (account_id, order_id),
    CONSTRAINT ck_orders_kind CHECK (kind IN ('disconnect', 'limits')),
    CONSTRAINT ck_orders_state CHECK (state IN ('pending', 'done', 'failed')),
    CONSTRAINT ck_orders_result CHECK (result IN ('ack', 'nak', 'silence', 'obsolete'))
)
--;
CREATE INDEX ix_orders_session_id ON orders (session_id)
--;
CREATE INDEX ix_orders_order_id ON orders (order_id)
--;
CREATE INDEX ix_orders_pending ON orders (order_id) WHERE state = 'pending'
--;
CREATE TABLE suspense (
    suspense_id BIGINT NOT NULL,
    session_id BIGINT NOT NULL,
    device_id BIGINT NOT NULL,
    reason TEXT NOT NULL,
    user_name TEXT NOT NULL,
    input_octets BIGINT NOT NULL,
    output_octets BIGINT NOT NULL,
    session_s BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    state TEXT NOT NULL,
    resolved_us BIGINT,
    account_id BIGINT NOT NULL,
    entry_id BIGINT,
    note TEXT NOT NULL,
    CONSTRAINT pk_suspense PRIMARY KEY (suspense_id),
    CONSTRAINT ck_suspense_state CHECK (state IN ('open', 'assigned', 'dropped', 'settled'))
)
--;
CREATE INDEX ix_suspense_open ON suspense (suspense_id) WHERE state = 'open'
--;
CREATE INDEX ix_suspense_session_id ON suspense (session_id)
--;
CREATE TABLE decisions (
    login TEXT COLLATE "C" NOT NULL,
    slot BIGINT NOT NULL,
    n BIGINT NOT NULL,
    decided_us BIGINT NOT NULL,
    device_id BIGINT NOT NULL,
    user_name TEXT NOT NULL,
    mac TEXT NOT NULL,
    code TEXT NOT NULL,
    session_id BIGINT NOT NULL,
    request TEXT NOT NULL,
    reply TEXT NOT NULL,
    CONSTRAINT pk_decisions PRIMARY KEY (login, slot)
)
--;
CREATE INDEX ix_decisions_decided_us ON decisions (decided_us)
--;
CREATE INDEX ix_decisions_mac_decided_us ON decisions (mac, decided_us)
--;
CREATE INDEX ix_decisions_login_n ON decisions (login, n)
--;
CREATE TABLE allowances (
    account_id BIGINT NOT NULL,
    period_start_us BIGINT NOT NULL,
    used_octets BIGINT NOT NULL,
    used_s BIGINT NOT NULL,
    CONSTRAINT pk_allowances PRIMARY KEY (account_id, period_start_us),
    CONSTRAINT fk_allowances_account_id FOREIGN KEY(account_id) REFERENCES accounts (account_id),
    CONSTRAINT ck_allowances_used CHECK (used_octets >= 0 AND used_s >= 0)
)
 WITH (fillfactor = 80)
--;
CREATE TABLE entries (
    entry_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    currency TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    corrects_entry_id BIGINT,
    session_id BIGINT,
    reason TEXT NOT NULL,
    overrun_micros BIGINT NOT NULL,
    CONSTRAINT pk_entries PRIMARY KEY (account_id, entry_id),
    CONSTRAINT uq_entries_account_id_key UNIQUE (account_id, key),
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
--;
CREATE TRIGGER entries_written_once BEFORE UPDATE OR DELETE ON entries FOR EACH ROW EXECUTE FUNCTION tollhouse_written_once()
--;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON entries FOR EACH STATEMENT EXECUTE FUNCTION tollhouse_written_once()
--;
CREATE TABLE device_addresses (
    prefix TEXT NOT NULL,
    device_id BIGINT NOT NULL,
    CONSTRAINT pk_device_addresses PRIMARY KEY (prefix),
    CONSTRAINT fk_device_addresses_device_id FOREIGN KEY(device_id) REFERENCES devices (device_id) ON DELETE CASCADE
)
--;
CREATE INDEX ix_device_addresses_device_id ON device_addresses (device_id)
--;
CREATE TABLE device_latches (
    device_id BIGINT NOT NULL,
    source_address TEXT NOT NULL,
    latch TEXT NOT NULL,
    since_us BIGINT NOT NULL,
    CONSTRAINT pk_device_latches PRIMARY KEY (device_id, source_address, latch),
    CONSTRAINT fk_device_latches_device_id FOREIGN KEY(device_id) REFERENCES devices (device_id) ON DELETE CASCADE,
    CONSTRAINT ck_device_latches_latch CHECK (latch IN ('message-authenticator', 'no-proxy-state'))
)
--;
CREATE TABLE subscribers (
    subscriber_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    login TEXT COLLATE "C" NOT NULL,
    status TEXT NOT NULL,
    plan_name TEXT NOT NULL,
    credential_kind TEXT NOT NULL,
    credential BYTEA NOT NULL,
    mac TEXT,
    mac_mode TEXT NOT NULL,
    device_ids TEXT NOT NULL,
    period_start_us BIGINT NOT NULL,
    valid_until_us BIGINT,
    sample BOOLEAN NOT NULL,
    created_us BIGINT NOT NULL,
    CONSTRAINT pk_subscribers PRIMARY KEY (subscriber_id),
    CONSTRAINT uq_subscribers_login UNIQUE (login),
    CONSTRAINT fk_subscribers_account_id FOREIGN KEY(account_id) REFERENCES accounts (account_id),
    CONSTRAINT ck_subscribers_subscriber_id CHECK (subscriber_id > 0),
    CONSTRAINT ck_subscribers_login CHECK (login <> ''),
    CONSTRAINT ck_subscribers_status CHECK (status IN ('active', 'suspended', 'closed')),
    CONSTRAINT ck_subscribers_credential_kind CHECK (credential_kind IN ('clear', 'nt', 'hash', 'none')),
    CONSTRAINT ck_subscribers_mac_mode CHECK (mac_mode IN ('any', 'learn', 'fixed'))
)
--;
CREATE INDEX ix_subscribers_mac ON subscribers (mac)
--;
CREATE INDEX ix_subscribers_account_id ON subscribers (account_id)
--;
CREATE TABLE postings (
    entry_account_id BIGINT NOT NULL,
    entry_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    book TEXT NOT NULL,
    account_id BIGINT NOT NULL,
    amount_micros BIGINT NOT NULL,
    CONSTRAINT pk_postings PRIMARY KEY (entry_account_id, entry_id, n),
    CONSTRAINT fk_postings_entry_account_id_entry_id FOREIGN KEY(entry_account_id, entry_id) REFERENCES entries (account_id, entry_id),
    CONSTRAINT ck_postings_book CHECK (book IN ('customer', 'cash', 'revenue', 'adjustment')),
    CONSTRAINT ck_postings_amount_micros CHECK (amount_micros <> 0 AND amount_micros BETWEEN -4000000000000000000 AND 4000000000000000000)
)
--;
CREATE INDEX ix_postings_account_id_entry_id ON postings (account_id, entry_id)
--;
CREATE TRIGGER postings_written_once BEFORE UPDATE OR DELETE ON postings FOR EACH ROW EXECUTE FUNCTION tollhouse_written_once()
--;
CREATE TRIGGER postings_no_truncate BEFORE TRUNCATE ON postings FOR EACH STATEMENT EXECUTE FUNCTION tollhouse_written_once()
--;
CREATE TABLE charges (
    account_id BIGINT NOT NULL,
    session_id BIGINT NOT NULL,
    part BIGINT NOT NULL,
    step BIGINT NOT NULL,
    day BIGINT NOT NULL,
    plan_id BIGINT NOT NULL,
    input_octets BIGINT NOT NULL,
    output_octets BIGINT NOT NULL,
    session_s BIGINT NOT NULL,
    amount_micros BIGINT NOT NULL,
    entry_id BIGINT,
    CONSTRAINT pk_charges PRIMARY KEY (account_id, session_id, part, step, day),
    CONSTRAINT fk_charges_account_id_session_id FOREIGN KEY(account_id, session_id) REFERENCES sessions (account_id, session_id),
    CONSTRAINT fk_charges_account_id_entry_id FOREIGN KEY(account_id, entry_id) REFERENCES entries (account_id, entry_id),
    CONSTRAINT ck_charges_usage CHECK (input_octets >= 0 AND output_octets >= 0 AND session_s >= 0 AND part >= 0),
    CONSTRAINT ck_charges_amount_micros CHECK (amount_micros BETWEEN 0 AND 4000000000000000000)
)
 WITH (fillfactor = 80)
