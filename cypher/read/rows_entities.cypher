// Entities as a snapshot holds them.
//
// $group STRING  the group
// $by    MAP     which, one of: since (those named by claims recorded after this instant), ids
// Returns each with since when its forms and types are known, as text, and its vector (or null).
CALL () {
    UNWIND $by.since AS since
    MATCH (c:Claim) WHERE c.group_id = $group AND c.recorded_at > since
    UNWIND [c.subject_id, c.object_id] AS id
    RETURN DISTINCT id
  UNION ALL
    UNWIND $by.ids AS id
    RETURN id
}
MATCH (e:Entity {id: id}) WHERE e.group_id = $group
RETURN e.id AS id,
    e.aliases AS aliases, [at IN e.aliases_at | toString(at)] AS aliases_at,
    e.types AS types, [at IN e.types_at | toString(at)] AS types_at, e.embedding AS embedding
ORDER BY id
