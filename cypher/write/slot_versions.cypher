// Every version of some slots, believed now or once.
//
// $rows LIST  maps of number, subject_id, predicate, object_id (null for every object)
// Returns the number of the slot and the fields of the version.
// A seek for null finds nothing and costs nothing.
UNWIND $rows AS slot
WITH slot, CASE WHEN slot.object_id IS NULL THEN slot.subject_id END AS whole
CALL (slot, whole) {
    MATCH ()-[r:FACT]->()
    WHERE r.subject_id = whole AND r.predicate = slot.predicate
    RETURN r
  UNION ALL
    MATCH ()-[r:EXPIRED_FACT]->()
    WHERE r.subject_id = whole AND r.predicate = slot.predicate
    RETURN r
  UNION ALL
    MATCH ()-[r:FACT]->()
    WHERE r.subject_id = slot.subject_id AND r.predicate = slot.predicate
        AND r.object_id = slot.object_id
    RETURN r
  UNION ALL
    MATCH ()-[r:EXPIRED_FACT]->()
    WHERE r.subject_id = slot.subject_id AND r.predicate = slot.predicate
        AND r.object_id = slot.object_id
    RETURN r
}
RETURN slot.number AS slot, r.id AS id, r.subject_id AS subject_id, r.predicate AS predicate,
    r.object_id AS object_id, r.text AS text, r.text_claim AS text_claim, r.claims AS support,
    r.ended_by AS ended_by,
    toString(r.valid_at) AS valid_at, toString(r.invalid_at) AS invalid_at,
    toString(r.created_at) AS created_at, toString(r.expired_at) AS expired_at
