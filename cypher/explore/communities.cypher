// Which entities belong together, and what is said of them?
// Made by kgmem consolidate, of what was believed then; nothing where it has not run since the last
// forgetting.
//
// $group_id STRING  the group
// Returns community, members, summary and made_at, the largest first.
MATCH (:Group {id: $group_id})-[:HAS]->(c:Community)
RETURN c.name AS community, c.members AS members, c.summary AS summary, c.made_at AS made_at
ORDER BY size(members) DESC, community
