// Episodes of a group in the order in which they were recorded: what came since an instant.
CREATE INDEX kgmem_episode_record IF NOT EXISTS
FOR (e:Episode) ON (e.group_id, e.recorded_at)
