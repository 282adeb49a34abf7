// Empties the summaries of a group's entities; they are derived.
//
// $group STRING  the group
MATCH (e:Entity) WHERE e.group_id = $group AND e.summary <> ''
SET e.summary = ''
