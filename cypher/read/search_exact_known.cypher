// The nearest of what was believed and recorded at an instant, exactly. The vector of a version
// is that of the claim that gave it its words.
//
// $group     MAP       the group as facts, episodes, entities; "" for what is not wanted
// $vector    LIST      the question's embedding
// $limit     INTEGER   how many of each
// $as_of     DATETIME  only facts true in the world then, or null
// $as_known  DATETIME  the instant
// Returns channel, id and score, best first in each channel.
CALL () {
    MATCH ()-[r:FACT]->() WHERE r.group_id = $group.facts
    RETURN r
  UNION ALL
    MATCH ()-[r:EXPIRED_FACT]->() WHERE r.group_id = $group.facts
    RETURN r
}
WITH r
WHERE r.created_at <= $as_known AND (r.expired_at IS NULL OR r.expired_at > $as_known)
    AND ($as_of IS NULL
        OR (r.valid_at <= $as_of AND (r.invalid_at IS NULL OR r.invalid_at > $as_of)))
MATCH (c:Claim {id: r.text_claim}) WHERE c.embedding IS NOT NULL
RETURN 'fact_vector' AS channel, r.id AS id,
    vector.similarity.cosine(c.embedding, $vector) AS score
ORDER BY score DESC, id LIMIT $limit
UNION ALL
MATCH (e:Episode)
WHERE e.group_id = $group.episodes AND e.embedding IS NOT NULL AND e.recorded_at <= $as_known
RETURN 'episode_vector' AS channel, e.id AS id,
    vector.similarity.cosine(e.embedding, $vector) AS score
ORDER BY score DESC, id LIMIT $limit
UNION ALL
MATCH (e:Entity)
WHERE e.group_id = $group.entities AND e.embedding IS NOT NULL
    AND (EXISTS { MATCH (c:Claim {subject_id: e.id})
            WHERE c.predicate IS NOT NULL AND c.recorded_at <= $as_known }
        OR EXISTS { MATCH (c:Claim {object_id: e.id}) WHERE c.recorded_at <= $as_known })
RETURN 'entity_vector' AS channel, e.id AS id,
    vector.similarity.cosine(e.embedding, $vector) AS score
ORDER BY score DESC, id LIMIT $limit
