// The entities that are there already, with the sets that name and type are functions of.
//
// $group STRING  the group
// $ids   LIST    ids of entities
// Returns id, aliases and types, and since when each of them is known, as text.
UNWIND $ids AS id
MATCH (e:Entity {id: id}) WHERE e.group_id = $group
RETURN e.id AS id, e.aliases AS aliases, [at IN e.aliases_at | toString(at)] AS aliases_at,
    e.types AS types, [at IN e.types_at | toString(at)] AS types_at
