// The entities that are there already, with the sets that name and type are functions of.
//
// $group STRING  the group
// $ids   LIST    ids of entities
// Returns id, aliases and types.
UNWIND $ids AS id
MATCH (e:Entity {id: id}) WHERE e.group_id = $group
RETURN e.id AS id, e.aliases AS aliases, e.types AS types
