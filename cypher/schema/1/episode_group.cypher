// The episodes of a group.
CREATE INDEX kgmem_episode_group IF NOT EXISTS
FOR (e:Episode) ON (e.group_id)
