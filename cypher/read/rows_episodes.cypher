// Episodes as a snapshot holds them.
//
// $group STRING  the group
// $by    MAP     which, one of: since (those recorded after this instant), ids
// $page  INTEGER how many come in one row: each row costs the driver as much as some of them
// Returns rows: the fields of each, its content words and its vector (or null).
CALL () {
    UNWIND $by.since AS since
    MATCH (e:Episode) WHERE e.group_id = $group AND e.recorded_at > since
    RETURN e
  UNION ALL
    UNWIND $by.ids AS id MATCH (e:Episode {id: id})
    RETURN e
}
WITH e WHERE e.group_id = $group
WITH e ORDER BY e.recorded_at, e.id
WITH collect(e) AS found
UNWIND range(0, size(found) - 1, $page) AS first
CALL (found, first) {
    UNWIND found[first..first + $page] AS e
    RETURN collect(e {
        .id, .session, .text, .speaker, .message_id, .source, .source_kind, .words, .embedding,
        occurred_at: toString(e.occurred_at), recorded_at: toString(e.recorded_at)
    }) AS rows
}
RETURN rows
