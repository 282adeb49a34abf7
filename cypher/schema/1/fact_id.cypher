// A fact has one version that is believed now.
CREATE CONSTRAINT kgmem_fact_id IF NOT EXISTS
FOR ()-[r:FACT]-() REQUIRE r.id IS UNIQUE
