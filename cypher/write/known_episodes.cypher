// The texts of the episodes that are there already.
//
// $group STRING  the group
// $ids   LIST    ids of episodes
// Returns id and text.
UNWIND $ids AS id
MATCH (e:Episode {id: id}) WHERE e.group_id = $group
RETURN e.id AS id, e.text AS text
