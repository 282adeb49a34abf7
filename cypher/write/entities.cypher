// Adds entities, or replaces their names and types. A vector that is there stays.
//
// $group STRING  the group
// $scope STRING  the word that stands for it in fulltext indexes
// $rows  LIST    maps of id, name, words, type, aliases, types, since when each of those is known
//                (aliases_at, types_at: as text), first_word (of a person's name, else null),
//                embedding (or null), by id
UNWIND $rows AS row
MERGE (e:Entity {id: row.id})
ON CREATE SET e.group_id = $group, e.scope = $scope, e.summary = ''
SET e.name = row.name, e.words = row.words, e.type = row.type,
    e.first_word = row.first_word,
    e.aliases = row.aliases, e.aliases_at = [at IN row.aliases_at | datetime(at)],
    e.types = row.types, e.types_at = [at IN row.types_at | datetime(at)]
WITH e, row WHERE row.embedding IS NOT NULL AND e.embedding IS NULL
CALL db.create.setNodeVectorProperty(e, 'embedding', row.embedding)
