// The facts believed now.
//
// $group      STRING     the group
// $by         MAP        where to look, one of: ids, subjects, objects, entities, predicates,
//                        sessions (lists; of sessions how their names start), group
// $ids        LIST       only those with these ids, or null
// $subjects   LIST       only those about these entities, or null
// $predicates LIST       only those of these relations, or null
// $object_id  STRING     only those that lead to this entity, or null
// $entity_id  STRING     only those with this entity at either end, or null
// $session_prefix STRING only those stated in a session whose name starts so, or null
// $as_of      DATETIME   only those true in the world then, or null
// Returns the version's columns, its two entities as maps, and its claims and episodes, in order.
CALL () {
    // Said, since statistics of a young database lead to a scan.
    UNWIND $by.ids AS id MATCH (s:Entity)-[r:FACT]->(o:Entity)
    USING INDEX SEEK r:FACT(id) WHERE r.id = id
    RETURN s, r, o
  UNION ALL
    UNWIND $by.subjects AS id MATCH (s:Entity {id: id})-[r:FACT]->(o:Entity)
    RETURN s, r, o
  UNION ALL
    UNWIND $by.objects AS id MATCH (s:Entity)-[r:FACT]->(o:Entity {id: id})
    RETURN s, r, o
  UNION ALL
    UNWIND $by.entities AS id MATCH (:Entity {id: id})-[r:FACT]-(:Entity)
    RETURN startNode(r) AS s, r, endNode(r) AS o
  UNION ALL
    UNWIND $by.predicates AS name
    MATCH (s:Entity)-[r:FACT]->(o:Entity) WHERE r.group_id = $group AND r.predicate = name
    RETURN s, r, o
  UNION ALL
    UNWIND $by.sessions AS start
    MATCH (x:Session)<-[:IN]-(e:Episode)-[:STATES]->(c:Claim)
    WHERE x.group_id = $group AND x.name STARTS WITH start
    WITH c.subject_id AS id, collect(c.id) AS stated
    MATCH (s:Entity {id: id})-[r:FACT]->(o:Entity)
    WHERE any(claim IN r.claims WHERE claim IN stated)
    RETURN s, r, o
  UNION ALL
    UNWIND $by.group AS place // so that nothing is looked at where something else is named
    MATCH (s:Entity)-[r:FACT]->(o:Entity) WHERE r.group_id = place
    RETURN s, r, o
}
WITH s, r, o
WHERE r.group_id = $group
    AND ($ids IS NULL OR r.id IN $ids)
    AND ($subjects IS NULL OR s.id IN $subjects)
    AND ($predicates IS NULL OR r.predicate IN $predicates)
    AND ($object_id IS NULL OR o.id = $object_id)
    AND ($entity_id IS NULL OR $entity_id IN [s.id, o.id])
    AND ($session_prefix IS NULL OR EXISTS {
        MATCH (e:Episode) WHERE e.id IN r.episodes AND e.session STARTS WITH $session_prefix
    })
    AND ($as_of IS NULL
        OR (r.valid_at <= $as_of AND (r.invalid_at IS NULL OR r.invalid_at > $as_of)))
RETURN r.id AS id, r.predicate AS predicate, r.text AS text, r.ended_by AS ended_by,
    toString(r.valid_at) AS valid_at, toString(r.invalid_at) AS invalid_at,
    toString(r.created_at) AS created_at, toString(r.expired_at) AS expired_at,
    r.claims AS claims, r.episodes AS episodes,
    s {.id, .aliases, .types,
        aliases_at: [at IN s.aliases_at | toString(at)],
        types_at: [at IN s.types_at | toString(at)]} AS subject,
    o {.id, .aliases, .types,
        aliases_at: [at IN o.aliases_at | toString(at)],
        types_at: [at IN o.types_at | toString(at)]} AS object
ORDER BY r.valid_at, r.id, r.created_at
