// What was last derived of a group, summaries of entities left out.
//
// $group STRING  the group
// Returns one row: how often history was rewritten, communities by id, and pairs of similar entities
// by theirs.
OPTIONAL MATCH (g:Group {id: $group})
RETURN coalesce(g.rewrites, 0) AS rewrites, COLLECT {
    MATCH (g)-[:HAS]->(c:Community)
    RETURN c {.id, .name, .summary, .members, .facts, made_at: toString(c.made_at)} ORDER BY c.id
} AS communities, COLLECT {
    MATCH (alias:Entity)-[r:SIMILAR]->(name:Entity) WHERE alias.group_id = $group
    RETURN {name: name.name, alias: alias.name, score: r.score} ORDER BY name.id, alias.id
} AS similar
