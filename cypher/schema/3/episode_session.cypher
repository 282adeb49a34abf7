// Episodes of a session in the order in which they were said: what came before a turn.
CREATE INDEX kgmem_episode_session IF NOT EXISTS
FOR (e:Episode) ON (e.group_id, e.session, e.occurred_at, e.id)
