// Records that hang on nothing, which kgmem itself never leaves behind.
//
// Returns what they are, how many, and the id of one of them; kinds without any are left out.
CALL () {
    MATCH (c:Claim)
    WHERE c.group_id IS NOT NULL AND c.episode IS NOT NULL
        AND NOT EXISTS { (:Episode {id: c.episode})-[:STATES]->(c) }
    RETURN 'claims without their episode' AS what, count(c) AS found, min(c.id) AS example
  UNION ALL
    MATCH (c:Claim)
    WHERE c.group_id IS NOT NULL AND (NOT EXISTS { MATCH (:Entity {id: c.subject_id}) }
        OR c.object_id IS NOT NULL AND NOT EXISTS { MATCH (:Entity {id: c.object_id}) })
    RETURN 'claims about no entity' AS what, count(c) AS found, min(c.id) AS example
  UNION ALL
    MATCH ()-[r:FACT|EXPIRED_FACT]->()
    WHERE r.group_id IS NOT NULL AND COUNT {
        MATCH (c:Claim) WHERE c.id IN r.claims
    } < CASE size(r.claims) WHEN 0 THEN 1 ELSE size(r.claims) END
    RETURN 'facts without claims' AS what, count(r) AS found, min(r.id) AS example
  UNION ALL
    MATCH (s)-[r:FACT|EXPIRED_FACT]->(o)
    WHERE r.group_id IS NOT NULL
        AND (coalesce(s.id, '') <> r.subject_id OR coalesce(o.id, '') <> r.object_id)
    RETURN 'facts between other entities than they say' AS what, count(r) AS found,
        min(r.id) AS example
  UNION ALL
    MATCH (e:Entity)
    WHERE e.group_id IS NOT NULL
        AND NOT EXISTS { MATCH (c:Claim) WHERE c.subject_id = e.id AND c.predicate IS NOT NULL }
        AND NOT EXISTS { MATCH (c:Claim) WHERE c.object_id = e.id }
    RETURN 'entities that nobody mentions' AS what, count(e) AS found, min(e.id) AS example
  UNION ALL
    MATCH (e:Episode)
    WHERE e.group_id IS NOT NULL AND NOT EXISTS { (e)-[:IN]->(:Session) }
    RETURN 'episodes of no session' AS what, count(e) AS found, min(e.id) AS example
  UNION ALL
    MATCH (f:Failure)
    WHERE f.group_id IS NOT NULL AND NOT EXISTS { MATCH (:Episode {id: f.episode}) }
    RETURN 'failures of no episode' AS what, count(f) AS found, min(f.episode) AS example
}
WITH what, found, example WHERE found > 0
RETURN what, found, example
