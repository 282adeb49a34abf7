// Sets the group's last transaction time; counts how often its history was rewritten.
//
// $group       STRING    the group
// $recorded_at DATETIME  the transaction time
// $rewritten   INTEGER   1 where something was erased or copied in, else 0
MATCH (g:Group {id: $group})
SET g.recorded_at = $recorded_at, g.rewrites = coalesce(g.rewrites, 0) + $rewritten
