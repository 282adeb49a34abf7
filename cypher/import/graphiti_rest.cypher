// What a graph of Graphiti holds that a memory has no place for.
//
// $group_id STRING  Graphiti's name of the group
// Returns one row a kind of thing: what it is, and how many there are.
MATCH (n:Entity)
WHERE coalesce(n.group_id, '') = $group_id AND coalesce(n.summary, '') <> ''
RETURN 'summary of an entity' AS what, count(*) AS count
UNION ALL
MATCH (n:Entity)
WHERE coalesce(n.group_id, '') = $group_id AND NOT EXISTS { (n)-[:RELATES_TO]-() }
RETURN 'entity without a fact' AS what, count(*) AS count
UNION ALL
MATCH (n:Entity)
WHERE coalesce(n.group_id, '') = $group_id
WITH toLower(n.name) AS name, count(*) AS nodes
WHERE nodes > 1
RETURN 'name of several entities, which become one' AS what, count(*) AS count
UNION ALL
MATCH (n:Entity)
WHERE coalesce(n.group_id, '') = $group_id AND any(key IN keys(n)
    WHERE NOT key IN ['uuid', 'name', 'group_id', 'created_at', 'summary', 'labels', 'name_embedding'])
RETURN 'entity with attributes' AS what, count(*) AS count
UNION ALL
MATCH (:Entity)-[f:RELATES_TO]->(:Entity)
WHERE coalesce(f.group_id, '') = $group_id AND any(key IN keys(f)
    WHERE NOT key IN ['uuid', 'name', 'fact', 'group_id', 'episodes', 'created_at', 'expired_at',
        'valid_at', 'invalid_at', 'reference_time', 'fact_embedding', 'source_uuid', 'target_uuid',
        'source_node_uuid', 'target_node_uuid'])
RETURN 'fact with attributes' AS what, count(*) AS count
UNION ALL
MATCH (e:Episodic)-[:MENTIONS]->(n:Entity)
WHERE coalesce(e.group_id, '') = $group_id
    AND NOT EXISTS { (n)-[f:RELATES_TO]-(:Entity) WHERE e.uuid IN f.episodes }
RETURN 'mention of an entity in an episode that no fact cites' AS what, count(*) AS count
UNION ALL
MATCH (n:Community)
WHERE coalesce(n.group_id, '') = $group_id
RETURN 'community' AS what, count(*) AS count
