// Facts of one relation, such as links.
CREATE INDEX kgmem_fact_predicate IF NOT EXISTS
FOR ()-[r:FACT]-() ON (r.group_id, r.predicate)
