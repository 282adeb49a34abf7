// Entities.
//
// $group STRING  the group
// $by    MAP     where to look, one of: ids (a list), group
// Returns the fields of each entity, by id.
CALL () {
    UNWIND $by.ids AS id MATCH (e:Entity {id: id})
    RETURN e
  UNION ALL
    MATCH (e:Entity) WHERE e.group_id = $by.group
    RETURN e
}
WITH e WHERE e.group_id = $group
RETURN e.id AS id, e.name AS name, e.type AS type, e.aliases AS aliases, e.summary AS summary
ORDER BY id
