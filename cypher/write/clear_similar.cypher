// Deletes the edges between similar entities of a group; they are derived.
//
// $group STRING  the group
MATCH (e:Entity)-[r:SIMILAR]->() WHERE e.group_id = $group
DELETE r
