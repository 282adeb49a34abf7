// Versions of facts as a snapshot holds them.
//
// $group STRING  the group
// $by    MAP     which, one of: since (those created, reinforced or expired after this instant), ids
// Returns the fields of each version, and its content words. Those believed come first: one that
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
RETURN r.id AS id, r.subject_id AS subject_id, r.predicate AS predicate,
    r.object_id AS object_id, r.text AS text, r.text_claim AS text_claim, r.claims AS support,
    r.ended_by AS ended_by, r.words AS words,
    toString(r.valid_at) AS valid_at, toString(r.invalid_at) AS invalid_at,
    toString(r.created_at) AS created_at, toString(r.expired_at) AS expired_at
