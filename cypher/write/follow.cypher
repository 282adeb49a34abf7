// Adds to the log of trust.
//
// $group STRING  the group
// $rows  LIST    maps of min_confidence, order, recorded_at (as text)
UNWIND $rows AS row
MERGE (t:Trust {group_id: $group, recorded_at: datetime(row.recorded_at)})
ON CREATE SET t.min_confidence = row.min_confidence, t.order = row.order
