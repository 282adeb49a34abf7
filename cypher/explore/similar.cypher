// Which entities may be one?
// Made by kgmem consolidate; merging the two is a decision: kgmem merge NAME ALIAS.
//
// $group_id STRING  the group
// Returns name, alias and score (the cosine of their names), the most similar first.
MATCH (alias:Entity)-[r:SIMILAR]->(name:Entity) WHERE alias.group_id = $group_id
RETURN name.name AS name, alias.name AS alias, r.score AS score
ORDER BY score DESC, name, alias
