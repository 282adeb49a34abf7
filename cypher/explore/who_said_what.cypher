// Who said what about an entity?
//
// $group_id STRING  the group
// $name     STRING  the entity, in any form in which it was written
// Returns speaker, when it was said, what kind of claim it is, and what it says.
MATCH (e:Entity {group_id: $group_id}) WHERE $name IN e.aliases
MATCH (turn:Episode {group_id: $group_id})-[:STATES]->(c:Claim)
WHERE c.subject_id = e.id OR c.object_id = e.id
RETURN turn.speaker AS speaker, c.said_at AS said_at, c.kind AS kind, c.text AS says
ORDER BY said_at, says
