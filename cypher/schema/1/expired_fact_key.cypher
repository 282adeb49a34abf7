// The versions once believed of a fact differ in when belief began.
CREATE CONSTRAINT kgmem_expired_fact_key IF NOT EXISTS
FOR ()-[r:EXPIRED_FACT]-() REQUIRE (r.id, r.created_at) IS UNIQUE
