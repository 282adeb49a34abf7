// Facts of a group by when their support last grew: what came since an instant.
CREATE INDEX kgmem_fact_support IF NOT EXISTS
FOR ()-[r:FACT]-() ON (r.group_id, r.supported_at)
