// Adds edges between entities whose names mean nearly the same; for people who explore: no search
// walks them.
//
// $group STRING  the group
// $rows  LIST    maps of name and alias (ids, the more important first) and score (a cosine)
UNWIND $rows AS row
MATCH (name:Entity {id: row.name}), (alias:Entity {id: row.alias})
CREATE (alias)-[:SIMILAR {group_id: $group, score: row.score, derived: true}]->(name)
