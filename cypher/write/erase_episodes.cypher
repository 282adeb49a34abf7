// Deletes episodes, and sessions left empty.
//
// $group STRING  the group
// $ids   LIST    ids of episodes
UNWIND $ids AS id
MATCH (e:Episode {id: id}) WHERE e.group_id = $group
OPTIONAL MATCH (e)-[:IN]->(s:Session)
WITH collect(e) AS episodes, collect(DISTINCT s) AS sessions
FOREACH (e IN episodes | DETACH DELETE e)
WITH sessions
UNWIND sessions AS s
WITH s WHERE NOT EXISTS { (s)<-[:IN]-() }
DELETE s
