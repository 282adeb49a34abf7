// The graph of a group, as believed now.
// As columns, because a row an edge takes ten times as long.
//
// $group    STRING    the group
// $as_of    DATETIME  only facts true in the world then, or null
// Returns one row of lists: facts with their subjects and objects; mentioning episodes with the
// entities mentioned; episodes with their sessions, in the order of their session.
CALL () {
    MATCH ()-[r:FACT]->()
    WHERE r.group_id = $group
        AND ($as_of IS NULL
            OR (r.valid_at <= $as_of AND (r.invalid_at IS NULL OR r.invalid_at > $as_of)))
    WITH r ORDER BY r.id
    RETURN collect(r.id) AS facts, collect(r.subject_id) AS subjects,
        collect(r.object_id) AS objects
}
CALL () {
    MATCH (e:Episode)-[:MENTIONS]->(n:Entity)
    WHERE e.group_id = $group
    WITH e.id AS episode, n.id AS entity ORDER BY episode, entity
    RETURN collect(episode) AS mentioning, collect(entity) AS mentioned
}
CALL () {
    MATCH (e:Episode)
    WHERE e.group_id = $group
    WITH e ORDER BY e.session, e.occurred_at, e.id
    RETURN collect(e.id) AS episodes, collect(e.session) AS sessions
}
RETURN facts, subjects, objects, mentioning, mentioned, episodes, sessions
