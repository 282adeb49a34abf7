// Makes the group where it is not there, and write-locks it: the writers of a group queue here.
//
// $group STRING  the group
// Returns one row, of what a writer must know: recorded_at of the last write, how often history was
// rewritten, whether it has a seal, the dimension of the database's vectors, whether the extraction of a
// turn has failed, and the log of trust, oldest first.
MERGE (g:Group {id: $group})
SET g.group_id = $group
// Looked up again: what was read of the group before the lock was held may have changed meanwhile.
WITH g.id AS id
MATCH (locked:Group {id: id})
OPTIONAL MATCH (s:KgmemSchema {id: 'kgmem'})
RETURN toString(locked.recorded_at) AS recorded_at, coalesce(locked.rewrites, 0) AS rewrites,
    EXISTS { (locked)-[:SEALED_BY]->(:Seal) } AS sealed, s.dimension AS dimension,
    EXISTS { MATCH (f:Failure) WHERE f.group_id = $group } AS failed,
    COLLECT {
        MATCH (t:Trust) WHERE t.group_id = $group
        RETURN t {.min_confidence, .order, recorded_at: toString(t.recorded_at)}
        ORDER BY t.recorded_at
    } AS trust
