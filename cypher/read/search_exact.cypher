// The nearest facts, episodes and entities, exactly: every vector of the group is looked at.
//
// $group     MAP       the group as facts, episodes, entities; "" for what is not wanted
// $vector    LIST      the question's embedding
// $limit     INTEGER   how many of each
// $as_of     DATETIME  only facts true in the world then, or null
// Returns channel, id and score, best first in each channel.
MATCH ()-[r:FACT]->()
WHERE r.group_id = $group.facts AND r.embedding IS NOT NULL
    AND ($as_of IS NULL
        OR (r.valid_at <= $as_of AND (r.invalid_at IS NULL OR r.invalid_at > $as_of)))
RETURN 'fact_vector' AS channel, r.id AS id,
    vector.similarity.cosine(r.embedding, $vector) AS score
ORDER BY score DESC, id LIMIT $limit
UNION ALL
MATCH (e:Episode)
WHERE e.group_id = $group.episodes AND e.embedding IS NOT NULL
RETURN 'episode_vector' AS channel, e.id AS id,
    vector.similarity.cosine(e.embedding, $vector) AS score
ORDER BY score DESC, id LIMIT $limit
UNION ALL
MATCH (e:Entity)
WHERE e.group_id = $group.entities AND e.embedding IS NOT NULL
RETURN 'entity_vector' AS channel, e.id AS id,
    vector.similarity.cosine(e.embedding, $vector) AS score
ORDER BY score DESC, id LIMIT $limit
