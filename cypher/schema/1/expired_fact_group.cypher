// The versions of a group that were believed once.
CREATE INDEX kgmem_expired_fact_group IF NOT EXISTS
FOR ()-[r:EXPIRED_FACT]-() ON (r.group_id)
