// Namesakes: persons whose names start with the same word.
CREATE INDEX kgmem_entity_first_word IF NOT EXISTS
FOR (e:Entity) ON (e.group_id, e.first_word)
