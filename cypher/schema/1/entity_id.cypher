// Entities are found by id; an entity is there once.
CREATE CONSTRAINT kgmem_entity_id IF NOT EXISTS
FOR (e:Entity) REQUIRE e.id IS UNIQUE
