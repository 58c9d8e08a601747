DROP INDEX ix_session_facts_live_account
--;
DROP INDEX ix_session_facts_mac
--;
CREATE INDEX ix_session_facts_live_accepted ON session_facts (session_id, account_id, mac, state) WHERE state = 0
--;
CREATE INDEX ix_session_facts_live_open ON session_facts (account_id, state) WHERE state = 1
--;
CREATE INDEX ix_session_facts_station ON session_facts (mac, start_us, stop_us, session_id, state) WHERE mac <> '' AND state <> 0
