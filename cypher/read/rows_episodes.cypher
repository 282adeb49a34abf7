// Episodes as a snapshot holds them.
//
// $group STRING  the group
// $by    MAP     which, one of: since (those recorded after this instant), ids
// Returns the fields of each, its content words and its vector (or null).
CALL () {
    UNWIND $by.since AS since
    MATCH (e:Episode) WHERE e.group_id = $group AND e.recorded_at > since
    RETURN e
  UNION ALL
    UNWIND $by.ids AS id MATCH (e:Episode {id: id})
    RETURN e
}
WITH e WHERE e.group_id = $group
RETURN e.id AS id, e.session AS session, e.text AS text, e.speaker AS speaker,
    toString(e.occurred_at) AS occurred_at, toString(e.recorded_at) AS recorded_at,
    e.message_id AS message_id, e.source AS source, e.source_kind AS source_kind,
    e.words AS words, e.embedding AS embedding
ORDER BY e.recorded_at, e.id
