// Forgets that the extraction of some turns had failed.
//
// $group STRING  the group
// $ids   LIST    ids of episodes
UNWIND $ids AS id
MATCH (f:Failure {episode: id}) WHERE f.group_id = $group
DELETE f
