// There is one schema node, and MERGE finds it.
CREATE CONSTRAINT kgmem_schema_id IF NOT EXISTS
FOR (s:KgmemSchema) REQUIRE s.id IS UNIQUE
