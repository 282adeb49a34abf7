// The facts of a group that are believed now.
CREATE INDEX kgmem_fact_group IF NOT EXISTS
FOR ()-[r:FACT]-() ON (r.group_id)
