// Claims.
//
// $group      STRING     the group
// $by         MAP        where to look, one of: ids, episodes, targets, entities, predicates (lists),
//                        group
// $ids        LIST       only those with these ids, or null
// $session    STRING     only those stated in this session, or null
// $before     DATETIME   only those said before, or null
// $episodes   LIST       only those stated by these episodes, or null
// $entities   LIST       only those about one of these entities, at either end, or null
// $predicate  STRING     only those of this relation, or null
// $targets    LIST       only those that void one of these claims, or null
// $containing STRING     only those that match this regular expression, or null
// $as_known   DATETIME   only those recorded until then, or null
// Returns the fields of each claim, in the order in which they were said.
CALL () {
    UNWIND $by.ids AS id MATCH (c:Claim {id: id})
    RETURN c
  UNION ALL
    UNWIND $by.episodes AS id MATCH (:Episode {id: id})-[:STATES]->(c:Claim)
    RETURN c
  UNION ALL
    UNWIND $by.targets AS id MATCH (c:Claim {target: id})
    RETURN c
  UNION ALL
    UNWIND $by.entities AS id MATCH (c:Claim) WHERE c.subject_id = id AND c.predicate IS NOT NULL
    RETURN c
  UNION ALL
    UNWIND $by.entities AS id MATCH (c:Claim) WHERE c.object_id = id
        AND NOT c.subject_id IN $by.entities
    RETURN c
  UNION ALL
    UNWIND $by.predicates AS name MATCH (c:Claim) WHERE c.group_id = $group AND c.predicate = name
    RETURN c
  UNION ALL
    MATCH (c:Claim) WHERE c.group_id = $by.group
    RETURN c
}
WITH c
WHERE c.group_id = $group
    AND ($ids IS NULL OR c.id IN $ids)
    AND ($session IS NULL OR EXISTS { (:Episode {session: $session})-[:STATES]->(c) })
    AND ($before IS NULL OR c.said_at < $before)
    AND ($episodes IS NULL OR c.episode IN $episodes)
    AND ($entities IS NULL OR c.subject_id IN $entities OR c.object_id IN $entities)
    AND ($predicate IS NULL OR c.predicate = $predicate)
    AND ($targets IS NULL OR c.target IN $targets)
    AND ($containing IS NULL OR c.text =~ $containing
        OR c.subject =~ $containing OR c.object =~ $containing)
    AND ($as_known IS NULL OR c.recorded_at <= $as_known)
RETURN c.id AS id, c.episode AS episode, c.kind AS kind, c.subject AS subject,
    c.subject_id AS subject_id, c.subject_type AS subject_type, c.predicate AS predicate,
    c.object AS object, c.object_id AS object_id, c.object_type AS object_type, c.text AS text,
    toString(c.valid_at) AS valid_at, toString(c.invalid_at) AS invalid_at,
    toString(c.said_at) AS said_at, toString(c.recorded_at) AS recorded_at,
    c.confidence AS confidence, c.source_kind AS source_kind, c.span AS span, c.target AS target,
    c.caused_by AS caused_by
ORDER BY c.said_at, c.id
