// The links that are believed now: who stands for whom.
//
// $group     STRING  the group
// $predicate STRING  the predicate of links
// Returns the ids and names of both ends: alias, alias_name, entity and name.
MATCH (s:Entity)-[r:FACT]->(o:Entity)
WHERE r.group_id = $group AND r.predicate = $predicate
RETURN s.id AS alias, s.name AS alias_name, o.id AS entity, o.name AS name
