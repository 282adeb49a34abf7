// The versions of a slot that were believed once.
CREATE INDEX kgmem_expired_fact_slot IF NOT EXISTS
FOR ()-[r:EXPIRED_FACT]-() ON (r.subject_id, r.predicate)
