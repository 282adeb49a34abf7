// The versions of a slot that were believed once, by its object too.
CREATE INDEX kgmem_expired_fact_slot_object IF NOT EXISTS
FOR ()-[r:EXPIRED_FACT]-() ON (r.subject_id, r.predicate, r.object_id)
