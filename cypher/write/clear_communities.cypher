// Deletes the communities of a group; they are derived, and hang on its node.
//
// $group STRING  the group
MATCH (:Group {id: $group})-[:HAS]->(c:Community)
DETACH DELETE c
