// What is spoken of most?
//
// $group_id STRING   the group
// $limit    INTEGER  how many entities, or null for 10
// Returns name, type, in how many turns it is mentioned, and first and last when.
MATCH (turn:Episode)-[:MENTIONS]->(e:Entity)
WHERE turn.group_id = $group_id
WITH e, count(turn) AS turns, min(turn.occurred_at) AS first, max(turn.occurred_at) AS last
ORDER BY turns DESC, e.name
WITH collect({name: e.name, type: e.type, turns: turns, first: first, last: last}) AS all
UNWIND all[..coalesce($limit, 10)] AS row
RETURN row.name AS name, row.type AS type, row.turns AS turns, row.first AS first, row.last AS last
