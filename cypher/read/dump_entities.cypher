// A page of the vectors of a group's entities, for a copy or an export.
//
// $group STRING   the group
// $after STRING   the id of the last entity of the page before
// $most  INTEGER  how many entities at most
// Returns id and vector of each entity that has one, by id.
MATCH (e:Entity)
WHERE e.group_id = $group AND e.id > $after AND e.embedding IS NOT NULL
WITH e ORDER BY e.id LIMIT $most
RETURN e.id AS id, e.embedding AS embedding
ORDER BY e.id
