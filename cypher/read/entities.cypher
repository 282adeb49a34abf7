// Entities.
//
// $group STRING  the group
// $by    MAP     where to look, one of: ids (a list), group
// Returns each entity with since when its forms and types are known, as text, by id.
CALL () {
    UNWIND $by.ids AS id MATCH (e:Entity {id: id})
    RETURN e
  UNION ALL
    MATCH (e:Entity) WHERE e.group_id = $by.group
    RETURN e
}
WITH e WHERE e.group_id = $group
RETURN e.id AS id, e.summary AS summary,
    e.aliases AS aliases, [at IN e.aliases_at | toString(at)] AS aliases_at,
    e.types AS types, [at IN e.types_at | toString(at)] AS types_at
ORDER BY id
