// What is over, and what ended it?
//
// $group_id STRING  the group
// Returns text, since, until, and the claim that gave it its end, with its turn (null where it came
// as data).
MATCH ()-[r:FACT]->()
WHERE r.group_id = $group_id AND r.invalid_at IS NOT NULL
OPTIONAL MATCH (c:Claim {id: r.ended_by})
OPTIONAL MATCH (e:Episode)-[:STATES]->(c)
RETURN r.text AS text, r.valid_at AS since, r.invalid_at AS until,
    c.kind AS kind, c.text AS ended_by, e.text AS turn
ORDER BY until, text
