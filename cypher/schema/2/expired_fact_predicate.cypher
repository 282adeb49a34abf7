// Expired facts of one relation, such as links.
CREATE INDEX kgmem_expired_fact_predicate IF NOT EXISTS
FOR ()-[r:EXPIRED_FACT]-() ON (r.group_id, r.predicate)
