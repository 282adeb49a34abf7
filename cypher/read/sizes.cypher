// How much there is to look at for a vector search: in the group, counted up to a bound,
// and in all.
//
// $group STRING   the group
// $most  INTEGER  where to stop counting
// Returns one row a kind (facts, episodes, entities): in_group and in_all.
CALL () { MATCH ()-[r:FACT]->() RETURN count(r) AS in_all }
CALL () {
    MATCH ()-[r:FACT]->() WHERE r.group_id = $group
    WITH r LIMIT $most
    RETURN count(r) AS in_group
}
RETURN 'facts' AS kind, in_group, in_all
UNION ALL
CALL () { MATCH (e:Episode) RETURN count(e) AS in_all }
CALL () {
    MATCH (e:Episode) WHERE e.group_id = $group
    WITH e LIMIT $most
    RETURN count(e) AS in_group
}
RETURN 'episodes' AS kind, in_group, in_all
UNION ALL
CALL () { MATCH (e:Entity) RETURN count(e) AS in_all }
CALL () {
    MATCH (e:Entity) WHERE e.group_id = $group
    WITH e LIMIT $most
    RETURN count(e) AS in_group
}
RETURN 'entities' AS kind, in_group, in_all
