// What is known of a group before any record is read.
//
// $group STRING  the group
// Returns one row: recorded_at of its last write, the embedder and dimension of the database, the
// log of its predicates, oldest first, the turns whose extraction failed, by window, and the log of
// trust, oldest first.
OPTIONAL MATCH (g:Group {id: $group})
OPTIONAL MATCH (s:KgmemSchema {id: 'kgmem'})
RETURN toString(g.recorded_at) AS recorded_at, s.embedder AS embedder,
    s.dimension AS dimension, COLLECT {
        MATCH (p:Predicate) WHERE p.group_id = $group
        RETURN p {predicate: p.name, .cardinality, recorded_at: toString(p.recorded_at)}
        ORDER BY p.recorded_at, p.name
    } AS predicates, COLLECT {
        MATCH (f:Failure) WHERE f.group_id = $group
        RETURN f {.episode, .window, .reason} ORDER BY f.window, f.episode
    } AS failures, COLLECT {
        MATCH (t:Trust) WHERE t.group_id = $group
        RETURN t {.min_confidence, .order, recorded_at: toString(t.recorded_at)}
        ORDER BY t.recorded_at
    } AS trust
