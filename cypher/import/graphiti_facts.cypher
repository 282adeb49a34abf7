// A page of the facts that Graphiti has kept of a group, invalidated ones too.
//
// $group_id STRING   Graphiti's name of the group
// $after    STRING   the last uuid of the page before; '' for the first page
// $limit    INTEGER  the length of a page
// Returns one row a fact, by uuid; times as text, the labels of both ends, and its episodes.
MATCH (s:Entity)-[f:RELATES_TO]->(o:Entity)
WHERE f.uuid > $after AND coalesce(f.group_id, '') = $group_id
WITH s, f, o ORDER BY f.uuid LIMIT $limit
RETURN f.uuid AS uuid, s.name AS subject, o.name AS object, f.name AS predicate, f.fact AS text,
    [label IN labels(s) WHERE label <> 'Entity'] AS subject_labels,
    [label IN labels(o) WHERE label <> 'Entity'] AS object_labels,
    toString(f.valid_at) AS valid_at, toString(f.invalid_at) AS invalid_at,
    toString(f.created_at) AS created_at, toString(f.expired_at) AS expired_at,
    toString(f.reference_time) AS said_at, coalesce(f.episodes, []) AS episodes
ORDER BY uuid
