// A page of all claims of a group, for a copy or an export.
//
// $group STRING    the group
// $at    DATETIME  when the last claim of the page before was recorded
// $after STRING    its id
// $until DATETIME  the last transaction time that counts
// $link  STRING    the predicate of links
// $links BOOLEAN   whether links are wanted, or the others
// $most  INTEGER   how many claims at most
// Returns the fields of each and its vector (or null), by transaction time and id.
MATCH (c:Claim)
WHERE c.group_id = $group AND c.recorded_at >= $at AND c.recorded_at <= $until
    AND (c.recorded_at > $at OR c.id > $after) AND (c.predicate = $link) = $links
WITH c ORDER BY c.recorded_at, c.id LIMIT $most
RETURN c.id AS id, c.episode AS episode, c.kind AS kind, c.subject AS subject,
    c.subject_id AS subject_id, c.subject_type AS subject_type, c.predicate AS predicate,
    c.object AS object, c.object_id AS object_id, c.object_type AS object_type, c.text AS text,
    toString(c.valid_at) AS valid_at, toString(c.invalid_at) AS invalid_at,
    toString(c.said_at) AS said_at, toString(c.recorded_at) AS recorded_at,
    c.confidence AS confidence, c.source_kind AS source_kind, c.span AS span, c.target AS target,
    c.caused_by AS caused_by, c.embedding AS embedding
ORDER BY c.recorded_at, c.id
