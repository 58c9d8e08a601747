CREATE OR REPLACE FUNCTION tollhouse_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'journal'
    AND EXISTS (SELECT 1 FROM meta WHERE key = 'purging') THEN RETURN OLD; END IF;
  RAISE EXCEPTION 'L4: rows of % are never changed or deleted', TG_TABLE_NAME;
END $$
--;
CREATE TABLE audit (
    seq BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    who TEXT NOT NULL,
    action TEXT NOT NULL,
    kind TEXT NOT NULL,
    row_id BIGINT NOT NULL,
    subject TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    reason TEXT NOT NULL,
    digest BYTEA NOT NULL,
    CONSTRAINT pk_audit PRIMARY KEY (seq),
    CONSTRAINT ck_audit_seq CHECK (seq > 0),
    CONSTRAINT ck_audit_digest CHECK (length(digest) = 32)
)
--;
CREATE INDEX ix_audit_kind_row_id_seq ON audit (kind, row_id, seq)
--;
CREATE INDEX ix_audit_subject_seq ON audit (subject, seq)
--;
CREATE INDEX ix_audit_at_us ON audit (at_us)
--;
CREATE TRIGGER audit_written_once BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION tollhouse_written_once()
--;
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION tollhouse_written_once()
--;
ALTER TABLE devices ADD COLUMN accounting_since_us BIGINT
--;
UPDATE devices SET accounting_since_us = created_us
--;
ALTER TABLE devices ALTER COLUMN accounting_since_us SET NOT NULL
--;
ALTER TABLE devices ADD COLUMN coa_per_s BIGINT NOT NULL DEFAULT 20
--;
ALTER TABLE devices ALTER COLUMN coa_per_s DROP DEFAULT
--;
ALTER TABLE devices ADD CONSTRAINT ck_devices_coa_per_s CHECK (coa_per_s > 0)
--;
ALTER TABLE sessions ADD COLUMN walled SMALLINT NOT NULL DEFAULT 0
--;
ALTER TABLE sessions ALTER COLUMN walled DROP DEFAULT
--;
ALTER TABLE sessions ADD COLUMN look_us BIGINT
--;
ALTER TABLE sessions ADD COLUMN access TEXT NOT NULL DEFAULT ''
--;
ALTER TABLE sessions ALTER COLUMN access DROP DEFAULT
--;
ALTER TABLE sessions ADD COLUMN told BYTEA NOT NULL DEFAULT ''
--;
ALTER TABLE sessions ALTER COLUMN told DROP DEFAULT
--;
ALTER TABLE sessions ADD COLUMN unrated_input BIGINT NOT NULL DEFAULT 0
--;
ALTER TABLE sessions ALTER COLUMN unrated_input DROP DEFAULT
--;
ALTER TABLE sessions ADD COLUMN unrated_output BIGINT NOT NULL DEFAULT 0
--;
ALTER TABLE sessions ALTER COLUMN unrated_output DROP DEFAULT
--;
ALTER TABLE sessions ADD COLUMN unrated_s BIGINT NOT NULL DEFAULT 0
--;
ALTER TABLE sessions ALTER COLUMN unrated_s DROP DEFAULT
--;
ALTER TABLE sessions ADD COLUMN adopted BOOLEAN NOT NULL DEFAULT false
--;
ALTER TABLE sessions ALTER COLUMN adopted DROP DEFAULT
--;
ALTER TABLE sessions ADD COLUMN replaced_by BIGINT NOT NULL DEFAULT 0
--;
ALTER TABLE sessions ALTER COLUMN replaced_by DROP DEFAULT
--;
ALTER TABLE sessions ADD COLUMN mac TEXT
--;
ALTER TABLE sessions ADD COLUMN framed_ipv6_address TEXT NOT NULL DEFAULT ''
--;
ALTER TABLE sessions ALTER COLUMN framed_ipv6_address DROP DEFAULT
--;
ALTER TABLE sessions ADD COLUMN delegated_ipv6_prefix TEXT NOT NULL DEFAULT ''
--;
ALTER TABLE sessions ALTER COLUMN delegated_ipv6_prefix DROP DEFAULT
--;
ALTER TABLE sessions ADD CONSTRAINT ck_sessions_walled CHECK (walled BETWEEN 0 AND 3)
--;
ALTER TABLE sessions ADD CONSTRAINT ck_sessions_unrated CHECK (unrated_input BETWEEN 0 AND input_octets AND unrated_output BETWEEN 0 AND output_octets AND unrated_s BETWEEN 0 AND session_s)
--;
UPDATE sessions SET mac = lower(replace(calling_station_id, '-', ':'))
    WHERE calling_station_id ~ '^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}$'
--;
CREATE INDEX ix_sessions_framed_ipv6_address ON sessions (framed_ipv6_address, start_us, stop_us, session_id) WHERE framed_ipv6_address <> ''
--;
CREATE INDEX ix_sessions_delegated_ipv6_prefix ON sessions (delegated_ipv6_prefix, start_us, stop_us, session_id) WHERE delegated_ipv6_prefix <> ''
--;
CREATE INDEX ix_sessions_framed_ip_address ON sessions (framed_ip_address, start_us, stop_us, session_id) WHERE framed_ip_address <> ''
--;
CREATE INDEX ix_sessions_mac ON sessions (mac, start_us, stop_us, session_id) WHERE mac <> ''
--;
CREATE INDEX ix_sessions_framed_ipv6_prefix ON sessions (framed_ipv6_prefix, start_us, stop_us, session_id) WHERE framed_ipv6_prefix <> ''
--;
ALTER TABLE orders DROP CONSTRAINT ck_orders_kind
--;
ALTER TABLE orders ADD CONSTRAINT ck_orders_kind CHECK (kind IN ('disconnect', 'limits', 'service'))
--;
ALTER TABLE entries DROP CONSTRAINT ck_entries_kind
--;
ALTER TABLE entries ADD CONSTRAINT ck_entries_kind CHECK (kind IN ('top-up', 'charge', 'correction', 'transfer', 'package'))
--;
CREATE TABLE device_observations (
    device_id BIGINT NOT NULL,
    first_seen_us BIGINT NOT NULL,
    last_seen_us BIGINT NOT NULL,
    requests_n BIGINT NOT NULL,
    interims_n BIGINT NOT NULL,
    interim_s BIGINT NOT NULL,
    unsigned_n BIGINT NOT NULL,
    unsigned_us BIGINT NOT NULL,
    wrong_sums_n BIGINT NOT NULL,
    wrong_sums_us BIGINT NOT NULL,
    clock_offset_us BIGINT,
    CONSTRAINT pk_device_observations PRIMARY KEY (device_id),
    CONSTRAINT fk_device_observations_device_id FOREIGN KEY(device_id) REFERENCES devices (device_id) ON DELETE CASCADE
)
--;
ALTER TABLE subscribers ADD COLUMN name TEXT NOT NULL DEFAULT ''
--;
ALTER TABLE subscribers ALTER COLUMN name DROP DEFAULT
--;
ALTER TABLE subscribers ADD COLUMN group_name TEXT NOT NULL DEFAULT ''
--;
ALTER TABLE subscribers ALTER COLUMN group_name DROP DEFAULT
--;
ALTER TABLE subscribers ADD COLUMN language TEXT NOT NULL DEFAULT ''
--;
ALTER TABLE subscribers ALTER COLUMN language DROP DEFAULT
--;
ALTER TABLE subscribers ADD COLUMN timezone TEXT NOT NULL DEFAULT ''
--;
ALTER TABLE subscribers ALTER COLUMN timezone DROP DEFAULT
--;
ALTER TABLE subscribers ADD COLUMN framed_ip_address TEXT
--;
ALTER TABLE subscribers ADD COLUMN framed_ipv6 TEXT
--;
ALTER TABLE subscribers ADD COLUMN delegated_ipv6_prefix TEXT
--;
ALTER TABLE subscribers ADD COLUMN replies TEXT NOT NULL DEFAULT ''
--;
ALTER TABLE subscribers ALTER COLUMN replies DROP DEFAULT
--;
ALTER TABLE subscribers ADD COLUMN auto_renew BOOLEAN
--;
ALTER TABLE subscribers ADD COLUMN next_plan_name TEXT
--;
ALTER TABLE subscribers ADD COLUMN periods_ahead_us TEXT NOT NULL DEFAULT ''
--;
ALTER TABLE subscribers ALTER COLUMN periods_ahead_us DROP DEFAULT
--;
ALTER TABLE subscribers ADD CONSTRAINT uq_subscribers_framed_ip_address UNIQUE (framed_ip_address)
--;
ALTER TABLE subscribers ADD CONSTRAINT uq_subscribers_framed_ipv6 UNIQUE (framed_ipv6)
--;
ALTER TABLE subscribers ADD CONSTRAINT uq_subscribers_delegated_ipv6_prefix UNIQUE (delegated_ipv6_prefix)
--;
ALTER TABLE subscribers DROP CONSTRAINT ck_subscribers_credential_kind
--;
ALTER TABLE subscribers ADD CONSTRAINT ck_subscribers_credential_kind CHECK (credential_kind IN ('clear', 'nt', 'hash', 'crypt', 'none'))
--;
CREATE INDEX ix_subscribers_group_name_login ON subscribers (group_name, login)
--;
CREATE INDEX ix_subscribers_ending ON subscribers (valid_until_us, subscriber_id) WHERE valid_until_us IS NOT NULL
--;
CREATE INDEX ix_subscribers_plan_name_login ON subscribers (plan_name, login)
--;
CREATE TABLE purchases (
    purchase_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    subscriber_id BIGINT NOT NULL,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    plan_id BIGINT NOT NULL,
    price_micros BIGINT NOT NULL,
    entry_id BIGINT,
    before_us BIGINT,
    until_us BIGINT,
    created_us BIGINT NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT pk_purchases PRIMARY KEY (account_id, purchase_id),
    CONSTRAINT uq_purchases_account_id_key UNIQUE (account_id, key),
    CONSTRAINT fk_purchases_account_id FOREIGN KEY(account_id) REFERENCES accounts (account_id),
    CONSTRAINT fk_purchases_account_id_entry_id FOREIGN KEY(account_id, entry_id) REFERENCES entries (account_id, entry_id),
    CONSTRAINT ck_purchases_kind CHECK (kind IN ('renewal', 'extension')),
    CONSTRAINT ck_purchases_entry_id CHECK ((price_micros = 0) = (entry_id IS NULL)),
    CONSTRAINT ck_purchases_key CHECK (key <> ''),
    CONSTRAINT ck_purchases_price_micros CHECK (price_micros BETWEEN 0 AND 4000000000000000000)
)
--;
CREATE INDEX ix_purchases_subscriber_id_created_us ON purchases (subscriber_id, created_us)
--;
CREATE TABLE subscriber_words (
    word TEXT COLLATE "C" NOT NULL,
    subscriber_id BIGINT NOT NULL,
    CONSTRAINT pk_subscriber_words PRIMARY KEY (word, subscriber_id),
    CONSTRAINT fk_subscriber_words_subscriber_id FOREIGN KEY(subscriber_id) REFERENCES subscribers (subscriber_id)
)
--;
CREATE INDEX ix_subscriber_words_subscriber_id ON subscriber_words (subscriber_id)
--;
CREATE TABLE purged (
    account_id BIGINT NOT NULL,
    sessions_n BIGINT NOT NULL,
    input_octets BIGINT NOT NULL,
    output_octets BIGINT NOT NULL,
    session_s BIGINT NOT NULL,
    free_octets BIGINT NOT NULL,
    free_s BIGINT NOT NULL,
    charged_micros BIGINT NOT NULL,
    newest_us BIGINT NOT NULL,
    CONSTRAINT pk_purged PRIMARY KEY (account_id),
    CONSTRAINT ck_purged_sessions_n CHECK (sessions_n > 0 AND account_id >= 0),
    CONSTRAINT ck_purged_usage CHECK (input_octets >= 0 AND output_octets >= 0 AND session_s >= 0),
    CONSTRAINT ck_purged_cost CHECK (free_octets >= 0 AND free_s >= 0 AND charged_micros >= 0)
)
--;
CREATE VIEW radacct AS SELECT session_id AS radacctid, acct_session_id AS acctsessionid, lpad(to_hex(session_id), 32, '0') AS acctuniqueid, user_name AS username, '' AS groupname, '' AS realm, coalesce(nullif(nas_ip_address, ''), source_address) AS nasipaddress, nas_port_id AS nasportid, '' AS nasporttype, (timestamptz 'epoch' + start_us * interval '1 microsecond') AS acctstarttime, (timestamptz 'epoch' + last_event_us * interval '1 microsecond') AS acctupdatetime, (timestamptz 'epoch' + stop_us * interval '1 microsecond') AS acctstoptime, interim_s AS acctinterval, session_s AS acctsessiontime, 'RADIUS' AS acctauthentic, '' AS connectinfo_start, '' AS connectinfo_stop, input_octets AS acctinputoctets, output_octets AS acctoutputoctets, called_station_id AS calledstationid, calling_station_id AS callingstationid, CASE WHEN state = 1 THEN '' ELSE CASE terminate_cause WHEN 1 THEN 'User-Request' WHEN 2 THEN 'Lost-Carrier' WHEN 3 THEN 'Lost-Service' WHEN 4 THEN 'Idle-Timeout' WHEN 5 THEN 'Session-Timeout' WHEN 6 THEN 'Admin-Reset' WHEN 7 THEN 'Admin-Reboot' WHEN 8 THEN 'Port-Error' WHEN 9 THEN 'NAS-Error' WHEN 10 THEN 'NAS-Request' WHEN 11 THEN 'NAS-Reboot' WHEN 12 THEN 'Port-Unneeded' WHEN 13 THEN 'Port-Preempted' WHEN 14 THEN 'Port-Suspended' WHEN 15 THEN 'Service-Unavailable' WHEN 16 THEN 'Callback' WHEN 17 THEN 'User-Error' WHEN 18 THEN 'Host-Request' ELSE '' END END AS acctterminatecause, '' AS servicetype, '' AS framedprotocol, framed_ip_address AS framedipaddress, framed_ipv6_address AS framedipv6address, framed_ipv6_prefix AS framedipv6prefix, '' AS framedinterfaceid, delegated_ipv6_prefix AS delegatedipv6prefix, '' AS class FROM sessions WHERE state IN (1, 2)
--;
CREATE TRIGGER radacct_read_only INSTEAD OF INSERT OR UPDATE OR DELETE ON radacct FOR EACH ROW EXECUTE FUNCTION tollhouse_written_once()
