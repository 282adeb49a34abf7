// Sets the group's last transaction time.
//
// $group       STRING    the group
// $recorded_at DATETIME  the transaction time
MATCH (g:Group {id: $group})
SET g.recorded_at = $recorded_at
