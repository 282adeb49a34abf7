// Deletes entities, after the facts about them.
//
// $group STRING  the group
// $ids   LIST    ids of entities
UNWIND $ids AS id
MATCH (e:Entity {id: id}) WHERE e.group_id = $group
DETACH DELETE e
