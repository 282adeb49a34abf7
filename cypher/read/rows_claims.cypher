// Claims as a snapshot holds them: what they tie together.
//
// $group STRING  the group
// $by    MAP     which, one of: since (those recorded after this instant), ids
// Returns id, episode, subject_id, object_id, said_at, recorded_at and vector (or null) of each.
CALL () {
    UNWIND $by.since AS since
    MATCH (c:Claim) WHERE c.group_id = $group AND c.recorded_at > since
    RETURN c
  UNION ALL
    UNWIND $by.ids AS id MATCH (c:Claim {id: id})
    RETURN c
}
WITH c WHERE c.group_id = $group
RETURN c.id AS id, c.episode AS episode, c.subject_id AS subject_id, c.object_id AS object_id,
    toString(c.said_at) AS said_at, toString(c.recorded_at) AS recorded_at,
    c.embedding AS embedding
ORDER BY c.recorded_at, c.id
