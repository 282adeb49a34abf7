// Entities that claims recorded since an instant name.
//
// $group STRING    the group
// $since DATETIME  the instant
// Returns each entity with since when its forms and types are known, as text, and its vector (or
// null).
MATCH (c:Claim)
WHERE c.group_id = $group AND c.recorded_at > $since
UNWIND [c.subject_id, c.object_id] AS id
WITH DISTINCT id
MATCH (e:Entity {id: id})
RETURN e.id AS id, e.summary AS summary,
    e.aliases AS aliases, [at IN e.aliases_at | toString(at)] AS aliases_at,
    e.types AS types, [at IN e.types_at | toString(at)] AS types_at, e.embedding AS embedding
ORDER BY id
