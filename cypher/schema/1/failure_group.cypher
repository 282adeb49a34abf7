// The failures of a group.
CREATE INDEX kgmem_failure_group IF NOT EXISTS
FOR (f:Failure) ON (f.group_id)
