// What the nodes of a projection are.
//
// $nodes LIST  internal ids
// Returns node and id of each that is an entity or an episode.
UNWIND $nodes AS node
MATCH (n) WHERE id(n) = node AND (n:Entity OR n:Episode)
RETURN node, n.id AS id
