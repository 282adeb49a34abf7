// Expired versions of a group by when they expired: what came since an instant.
CREATE INDEX kgmem_expired_fact_expiry IF NOT EXISTS
FOR ()-[r:EXPIRED_FACT]-() ON (r.group_id, r.expired_at)
