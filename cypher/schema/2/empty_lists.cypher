// Empty lists, which files for neo4j-admin cannot hold, where such files have left them out.
CALL () {
    MATCH (e:Entity) WHERE e.group_id IS NOT NULL AND e.types IS NULL
    SET e.types = [], e.types_at = []
    RETURN count(*) AS filled
  UNION ALL
    MATCH ()-[r:FACT|EXPIRED_FACT]->() WHERE r.group_id IS NOT NULL AND r.episodes IS NULL
    SET r.episodes = []
    RETURN count(*) AS filled
  UNION ALL
    MATCH (t:Trust) WHERE t.group_id IS NOT NULL AND t.order IS NULL
    SET t.order = []
    RETURN count(*) AS filled
}
RETURN sum(filled) AS filled
