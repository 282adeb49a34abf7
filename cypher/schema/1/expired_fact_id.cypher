// The versions once believed of a fact.
CREATE INDEX kgmem_expired_fact_id IF NOT EXISTS
FOR ()-[r:EXPIRED_FACT]-() ON (r.id)
