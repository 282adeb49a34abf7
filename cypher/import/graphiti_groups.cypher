// The groups of a graph that Graphiti wrote.
//
// Takes no parameters. Returns the name of each group that has episodes or entities, sorted.
MATCH (n:Entity|Episodic)
WHERE n.uuid IS NOT NULL
RETURN DISTINCT coalesce(n.group_id, '') AS group_id
ORDER BY group_id
