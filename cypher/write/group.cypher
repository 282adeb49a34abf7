// What a writer must know once it holds the lock.
//
// $group STRING  the group
// Returns one row: recorded_at of the last write, and the dimension of the database's vectors.
MATCH (g:Group {id: $group})
OPTIONAL MATCH (s:KgmemSchema {id: 'kgmem'})
RETURN toString(g.recorded_at) AS recorded_at, s.dimension AS dimension
