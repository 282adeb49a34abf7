// The versions of a slot that are believed now, by its object too.
CREATE INDEX kgmem_fact_slot_object IF NOT EXISTS
FOR ()-[r:FACT]-() ON (r.subject_id, r.predicate, r.object_id)
