// Adds communities: what entities belong together, as last derived from what is believed.
//
// $group STRING  the group
// $rows  LIST    maps of id, name, summary, members (names, the most important first), facts (ids),
//                made_at and ids (of the members)
MATCH (g:Group {id: $group})
UNWIND $rows AS row
CREATE (g)-[:HAS]->(c:Community {
    id: row.id, group_id: $group, name: row.name, summary: row.summary, members: row.members,
    facts: row.facts, made_at: row.made_at, derived: true
})
WITH c, row
UNWIND row.ids AS id
MATCH (e:Entity {id: id})
CREATE (e)-[:IN_COMMUNITY {group_id: c.group_id, derived: true}]->(c)
