// The nearest facts, episodes and entities by the indexes of schema/vectors, which hold every
// group: so more is fetched than is wanted.
//
// $group     MAP       the group as facts, episodes, entities; "" for what is not wanted
// $vector    LIST      the question's embedding
// $limit     INTEGER   how many of each
// $as_of     DATETIME  only facts true in the world then, or null
// $depth     MAP       how many to fetch of all groups' facts, episodes, entities
// Returns channel, id and score, best first in each channel. The index keeps vectors in a byte a
// number: what it finds is scored again, exactly.
CALL db.index.vector.queryRelationships('kgmem_fact_vector', $depth.facts, $vector)
YIELD relationship AS r
WHERE r.group_id = $group.facts
    AND ($as_of IS NULL
        OR (r.valid_at <= $as_of AND (r.invalid_at IS NULL OR r.invalid_at > $as_of)))
RETURN 'fact_vector' AS channel, r.id AS id,
    vector.similarity.cosine(r.embedding, $vector) AS score
ORDER BY score DESC, id LIMIT $limit
UNION ALL
CALL db.index.vector.queryNodes('kgmem_episode_vector', $depth.episodes, $vector)
YIELD node AS e
WHERE e.group_id = $group.episodes
RETURN 'episode_vector' AS channel, e.id AS id,
    vector.similarity.cosine(e.embedding, $vector) AS score
ORDER BY score DESC, id LIMIT $limit
UNION ALL
CALL db.index.vector.queryNodes('kgmem_entity_vector', $depth.entities, $vector)
YIELD node AS e
WHERE e.group_id = $group.entities
RETURN 'entity_vector' AS channel, e.id AS id,
    vector.similarity.cosine(e.embedding, $vector) AS score
ORDER BY score DESC, id LIMIT $limit
