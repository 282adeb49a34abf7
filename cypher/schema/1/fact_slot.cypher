// The versions of a slot that are believed now.
CREATE INDEX kgmem_fact_slot IF NOT EXISTS
FOR ()-[r:FACT]-() ON (r.subject_id, r.predicate)
