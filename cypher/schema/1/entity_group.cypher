// The entities of a group.
CREATE INDEX kgmem_entity_group IF NOT EXISTS
FOR (e:Entity) ON (e.group_id)
