// What is taken to hold still, although nobody has said so for long?
//
// $group_id STRING    the group
// $before   DATETIME  the instant since when nobody has
// Returns text, since, and when it was said last.
MATCH ()-[r:FACT]->()
WHERE r.group_id = $group_id AND r.invalid_at IS NULL
UNWIND r.claims AS id
MATCH (c:Claim {id: id})
WITH r, max(c.said_at) AS said_last
WHERE said_last < $before
RETURN r.text AS text, r.valid_at AS since, said_last
ORDER BY said_last, text
