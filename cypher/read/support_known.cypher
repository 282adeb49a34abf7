// Which of some claims were recorded until an instant, and in which episodes.
//
// $group    STRING    the group
// $ids      LIST      ids of claims
// $as_known DATETIME  the instant
// Returns the id and the episode (or null) of each.
UNWIND $ids AS id
MATCH (c:Claim {id: id})
WHERE c.group_id = $group AND c.recorded_at <= $as_known
RETURN c.id AS id, c.episode AS episode
