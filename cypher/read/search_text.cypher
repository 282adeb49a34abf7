// The best facts, episodes and entities by words.
//
// $query    MAP       what Lucene is asked for facts, episodes, entities: the scope of the group, or of
//                     none where they are not wanted, and the words
// $group    STRING    the group
// $limit    INTEGER   how many of each
// $as_of    DATETIME  only facts true in the world then, or null
// $as_known DATETIME  only what was believed and recorded then, or null for what is believed now
// Returns channel, id and score, best first in each channel. A score of 0 is the scope alone: all
// the words were stop words.
CALL db.index.fulltext.queryRelationships('kgmem_fact_text', $query.facts)
YIELD relationship AS r, score
WHERE score > 0 AND r.group_id = $group
    AND ($as_of IS NULL
        OR (r.valid_at <= $as_of AND (r.invalid_at IS NULL OR r.invalid_at > $as_of)))
    AND (($as_known IS NULL AND r.expired_at IS NULL)
        OR (r.created_at <= $as_known AND (r.expired_at IS NULL OR r.expired_at > $as_known)))
RETURN 'fact_text' AS channel, r.id AS id, score ORDER BY score DESC, id LIMIT $limit
UNION ALL
CALL db.index.fulltext.queryNodes('kgmem_episode_text', $query.episodes)
YIELD node AS e, score
WHERE score > 0 AND e.group_id = $group AND ($as_known IS NULL OR e.recorded_at <= $as_known)
RETURN 'episode_text' AS channel, e.id AS id, score ORDER BY score DESC, id LIMIT $limit
UNION ALL
CALL db.index.fulltext.queryNodes('kgmem_entity_text', $query.entities)
YIELD node AS e, score
WHERE score > 0 AND e.group_id = $group
    AND ($as_known IS NULL
        OR EXISTS { MATCH (c:Claim {subject_id: e.id})
            WHERE c.predicate IS NOT NULL AND c.recorded_at <= $as_known }
        OR EXISTS { MATCH (c:Claim {object_id: e.id}) WHERE c.recorded_at <= $as_known })
RETURN 'entity_text' AS channel, e.id AS id, score ORDER BY score DESC, id LIMIT $limit
