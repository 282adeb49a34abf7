// Words of the names of entities.
// The scope is a word that stands for the group, so that a search never leaves it.
CREATE FULLTEXT INDEX kgmem_entity_text IF NOT EXISTS
FOR (e:Entity) ON EACH [e.scope, e.words]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'english'}}
