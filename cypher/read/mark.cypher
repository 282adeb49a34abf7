// How far a group has come, and the model behind the vectors.
//
// $group STRING  the group
// Returns one row: recorded_at of the last write, how often history was rewritten, embedder and
// dimension.
OPTIONAL MATCH (g:Group {id: $group})
OPTIONAL MATCH (s:KgmemSchema {id: 'kgmem'})
RETURN toString(g.recorded_at) AS recorded_at, coalesce(g.rewrites, 0) AS rewrites,
    s.embedder AS embedder, s.dimension AS dimension
