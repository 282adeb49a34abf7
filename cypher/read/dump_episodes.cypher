// A page of all episodes of a group, for a copy or an export.
//
// $group STRING    the group
// $at    DATETIME  when the last episode of the page before was recorded
// $after STRING    its id
// $until DATETIME  the last transaction time that counts
// $most  INTEGER   how many episodes at most
// Returns the fields of each and its vector (or null), by transaction time and id.
MATCH (e:Episode)
WHERE e.group_id = $group AND e.recorded_at >= $at AND e.recorded_at <= $until
    AND (e.recorded_at > $at OR e.id > $after)
WITH e ORDER BY e.recorded_at, e.id LIMIT $most
RETURN e.id AS id, e.session AS session, e.text AS text, e.speaker AS speaker,
    toString(e.occurred_at) AS occurred_at, toString(e.recorded_at) AS recorded_at,
    e.message_id AS message_id, e.source AS source, e.source_kind AS source_kind,
    e.embedding AS embedding
ORDER BY e.recorded_at, e.id
