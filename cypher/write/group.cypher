// What a writer must know once it holds the lock.
//
// $group STRING  the group
// Returns one row: recorded_at of the last write, how often history was rewritten, the dimension of
// the database's vectors, and the log of trust, oldest first.
MATCH (g:Group {id: $group})
OPTIONAL MATCH (s:KgmemSchema {id: 'kgmem'})
RETURN toString(g.recorded_at) AS recorded_at, coalesce(g.rewrites, 0) AS rewrites,
    s.dimension AS dimension, COLLECT {
    MATCH (t:Trust) WHERE t.group_id = $group
    RETURN t {.min_confidence, .order, recorded_at: toString(t.recorded_at)}
    ORDER BY t.recorded_at
} AS trust
