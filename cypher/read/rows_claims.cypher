// Claims as a snapshot holds them: what they tie together.
//
// $group STRING  the group
// $by    MAP     which, one of: since (those recorded after this instant), ids
// $page  INTEGER how many come in one row: each row costs the driver as much as some of them
// Returns rows: id, episode, subject_id, object_id, said_at, recorded_at and vector (or null) of each.
CALL () {
    UNWIND $by.since AS since
    MATCH (c:Claim) WHERE c.group_id = $group AND c.recorded_at > since
    RETURN c
  UNION ALL
    UNWIND $by.ids AS id MATCH (c:Claim {id: id})
    RETURN c
}
WITH c WHERE c.group_id = $group
WITH c ORDER BY c.recorded_at, c.id
WITH collect(c) AS found
UNWIND range(0, size(found) - 1, $page) AS first
CALL (found, first) {
    UNWIND found[first..first + $page] AS c
    RETURN collect(c {
        .id, .episode, .subject_id, .object_id, .embedding,
        said_at: toString(c.said_at), recorded_at: toString(c.recorded_at)
    }) AS rows
}
RETURN rows
