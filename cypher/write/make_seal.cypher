// Makes the seal of a group where it has none: before its first write, in a transaction of its own.
// So who finds none has overlapped no commit.
//
// $group STRING  the group
MERGE (g:Group {id: $group})
SET g.group_id = $group
// Looked up again: another may have made it before the lock was held.
WITH g.id AS id
MATCH (locked:Group {id: id})
MERGE (locked)-[:SEALED_BY]->(s:Seal)
ON CREATE SET s.group_id = $group
