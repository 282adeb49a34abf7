// Versions of facts as a snapshot holds them.
//
// $group STRING  the group
// $by    MAP     which, one of: since (those created, reinforced or expired after this instant), ids
// $page  INTEGER how many come in one row: each row costs the driver as much as some of them
// Returns rows: the fields of each version, and its content words. Those believed come first: one that
// expires meanwhile is then seen as the one or as the other, or twice.
CALL () {
    UNWIND $by.since AS since
    MATCH ()-[r:FACT]->() WHERE r.group_id = $group AND r.supported_at > since
    RETURN r
  UNION ALL
    UNWIND $by.since AS since
    MATCH ()-[r:EXPIRED_FACT]->() WHERE r.group_id = $group AND r.expired_at > since
    RETURN r
  UNION ALL
    UNWIND $by.ids AS id MATCH ()-[r:FACT]->() WHERE r.id = id
    RETURN r
  UNION ALL
    UNWIND $by.ids AS id MATCH ()-[r:EXPIRED_FACT]->() WHERE r.id = id
    RETURN r
}
WITH r WHERE r.group_id = $group
WITH collect(r) AS found
UNWIND range(0, size(found) - 1, $page) AS first
CALL (found, first) {
    UNWIND found[first..first + $page] AS r
    RETURN collect(r {
        .id, .subject_id, .predicate, .object_id, .text, .text_claim, .ended_by, .words,
        support: r.claims,
        valid_at: toString(r.valid_at), invalid_at: toString(r.invalid_at),
        created_at: toString(r.created_at), expired_at: toString(r.expired_at)
    }) AS rows
}
RETURN rows
