// The nearest facts, episodes and entities by the indexes of schema/vectors_by_group, which look
// at the group themselves. Needs Neo4j 2026.2 or newer.
//
// $group     MAP       the group as facts, episodes, entities; "" for what is not wanted
// $vector    LIST      the question's embedding
// $limit     INTEGER   how many of each
// $as_of     DATETIME  only facts true in the world then, or null
// $depth     MAP       how many to fetch of the group's facts, episodes, entities
// Returns channel, id and score, best first in each channel. The index keeps vectors in a byte a
// number: what it finds is scored again, exactly.
CYPHER 25
MATCH ()-[r:FACT]->()
SEARCH r IN (
    VECTOR INDEX kgmem_fact_vector_by_group FOR $vector
    WHERE r.group_id = $group.facts LIMIT $depth.facts
)
WHERE ($as_of IS NULL
        OR (r.valid_at <= $as_of AND (r.invalid_at IS NULL OR r.invalid_at > $as_of)))
RETURN 'fact_vector' AS channel, r.id AS id,
    vector.similarity.cosine(r.embedding, $vector) AS score
ORDER BY score DESC, id LIMIT $limit
UNION ALL
MATCH (e:Episode)
SEARCH e IN (
    VECTOR INDEX kgmem_episode_vector_by_group FOR $vector
    WHERE e.group_id = $group.episodes LIMIT $depth.episodes
)
RETURN 'episode_vector' AS channel, e.id AS id,
    vector.similarity.cosine(e.embedding, $vector) AS score
ORDER BY score DESC, id LIMIT $limit
UNION ALL
MATCH (e:Entity)
SEARCH e IN (
    VECTOR INDEX kgmem_entity_vector_by_group FOR $vector
    WHERE e.group_id = $group.entities LIMIT $depth.entities
)
RETURN 'entity_vector' AS channel, e.id AS id,
    vector.similarity.cosine(e.embedding, $vector) AS score
ORDER BY score DESC, id LIMIT $limit
