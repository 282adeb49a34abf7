// What is one step away from entities and episodes.
//
// $group    STRING   the group
// $entities LIST     ids of entities
// $episodes LIST     ids of episodes
// $most     INTEGER  how many facts, the latest first
// Returns one row of ids: facts of the entities, claims of the episodes, and the turns beside these.
CALL () {
    UNWIND $entities AS id
    MATCH (:Entity {id: id})-[r:FACT|EXPIRED_FACT]-()
    WHERE r.group_id = $group
    WITH DISTINCT r.id AS id, r.valid_at AS valid_at ORDER BY valid_at DESC, id LIMIT $most
    RETURN collect(DISTINCT id) AS facts
}
CALL () {
    UNWIND $episodes AS id
    MATCH (e:Episode {id: id})-[:STATES]->(c:Claim)
    WHERE e.group_id = $group
    RETURN collect(c.id) AS claims
}
CALL () {
    UNWIND $episodes AS id
    MATCH (e:Episode {id: id})-[:IN]->(s:Session)
    WHERE e.group_id = $group
    WITH s, collect(e) AS found
    MATCH (s)<-[:IN]-(turn:Episode)
    WITH s, found, turn ORDER BY turn.occurred_at, turn.id
    WITH s, found, collect(turn) AS turns
    UNWIND range(0, size(turns) - 1) AS place
    WITH turns, place WHERE turns[place] IN found
    UNWIND turns[CASE WHEN place > 0 THEN place - 1 ELSE 0 END..place + 2] AS beside
    RETURN collect(DISTINCT beside.id) AS episodes
}
RETURN facts, claims, episodes
