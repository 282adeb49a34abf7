// All claims that bear on some slots.
//
// $rows LIST  maps of number, subject_id, predicate, object_id (null for every object)
// Returns the number of the slot and the fields of the claim.
// A seek for null finds nothing and costs nothing: much may be said of one subject and predicate.
UNWIND $rows AS slot
WITH slot, CASE WHEN slot.object_id IS NULL THEN slot.subject_id END AS whole,
    CASE WHEN slot.object_id IS NOT NULL THEN slot.subject_id END AS part
CALL (slot, whole, part) {
    MATCH (c:Claim {subject_id: whole, predicate: slot.predicate})
    RETURN c
  UNION ALL
    MATCH (c:Claim {subject_id: part, predicate: slot.predicate, object_id: slot.object_id})
    RETURN c
  UNION ALL
    MATCH (c:Claim {whole_of: part, predicate: slot.predicate})
    RETURN c
}
RETURN slot.number AS slot, c.id AS id, c.episode AS episode, c.kind AS kind, c.subject AS subject,
    c.subject_id AS subject_id, c.subject_type AS subject_type, c.predicate AS predicate,
    c.object AS object, c.object_id AS object_id, c.object_type AS object_type, c.text AS text,
    toString(c.valid_at) AS valid_at, toString(c.invalid_at) AS invalid_at,
    toString(c.said_at) AS said_at, toString(c.recorded_at) AS recorded_at,
    c.confidence AS confidence, c.source_kind AS source_kind, c.span AS span, c.target AS target,
    c.caused_by AS caused_by
