// Makes the group where it is not there, and write-locks it: the writers of a group queue here.
//
// $group STRING  the group
MERGE (g:Group {id: $group})
SET g.group_id = $group
