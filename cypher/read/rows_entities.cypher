// Entities as a snapshot holds them.
//
// $group STRING  the group
// $by    MAP     which, one of: since (those named by claims recorded after this instant), ids
// $page  INTEGER how many come in one row: each row costs the driver as much as some of them
// Returns rows: each with since when its forms and types are known, as text, and its vector (or null).
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
WITH e ORDER BY e.id
WITH collect(e) AS found
UNWIND range(0, size(found) - 1, $page) AS first
CALL (found, first) {
    UNWIND found[first..first + $page] AS e
    RETURN collect(e {
        .id, .aliases, .types, .embedding,
        aliases_at: [at IN e.aliases_at | toString(at)],
        types_at: [at IN e.types_at | toString(at)]
    }) AS rows
}
RETURN rows
