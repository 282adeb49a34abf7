// The sessions of a group.
CREATE INDEX kgmem_session_group IF NOT EXISTS
FOR (s:Session) ON (s.group_id)
