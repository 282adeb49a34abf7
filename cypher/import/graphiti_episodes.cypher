// A page of the episodes that Graphiti has kept of a group.
//
// $group_id STRING   Graphiti's name of the group
// $after    STRING   the last uuid of the page before; '' for the first page
// $limit    INTEGER  the length of a page
// Returns one row an episode, by uuid; times as text, and the saga that it is part of.
MATCH (e:Episodic)
WHERE e.uuid > $after AND coalesce(e.group_id, '') = $group_id
WITH e ORDER BY e.uuid LIMIT $limit
RETURN e.uuid AS uuid, e.content AS content, e.source AS source,
    e.source_description AS description, toString(e.valid_at) AS valid_at,
    toString(e.created_at) AS created_at,
    head([(saga:Saga)-[:HAS_EPISODE]->(e) | saga.name]) AS saga
ORDER BY uuid
