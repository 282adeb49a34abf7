// The log of trust: one policy a group and instant.
CREATE CONSTRAINT kgmem_trust_key IF NOT EXISTS
FOR (t:Trust) REQUIRE (t.group_id, t.recorded_at) IS UNIQUE
