// The vectors of some episodes.
//
// $group STRING  the group
// $ids   LIST    ids of episodes
// Returns the id and the vector of each episode that has one.
UNWIND $ids AS id
MATCH (e:Episode {id: id}) WHERE e.group_id = $group AND e.embedding IS NOT NULL
RETURN e.id AS id, e.embedding AS embedding
