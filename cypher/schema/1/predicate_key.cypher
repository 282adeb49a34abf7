// The log of cardinalities: one entry a predicate and instant.
CREATE CONSTRAINT kgmem_predicate_key IF NOT EXISTS
FOR (p:Predicate) REQUIRE (p.group_id, p.name, p.recorded_at) IS UNIQUE
