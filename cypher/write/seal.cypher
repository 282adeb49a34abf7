// The last statement of a write: sets the group's last transaction time, counts how often its history
// was rewritten, and takes the lock that readers check (read/seal). It is held until the whole commit
// can be seen.
//
// $group       STRING    the group
// $commit      STRING    a name for this commit that no other has
// $recorded_at DATETIME  the transaction time, or null where it stays as it is
// $rewritten   INTEGER   1 where something was erased or copied in, else 0
MATCH (g:Group {id: $group})-[:SEALED_BY]->(s:Seal)
SET s.commit = $commit, g.recorded_at = coalesce($recorded_at, g.recorded_at),
    g.rewrites = coalesce(g.rewrites, 0) + $rewritten
