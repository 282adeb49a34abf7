// Adds to the log of cardinalities.
//
// $group STRING  the group
// $rows  LIST    maps of predicate, cardinality, recorded_at (as text)
UNWIND $rows AS row
MERGE (p:Predicate {group_id: $group, name: row.predicate, recorded_at: datetime(row.recorded_at)})
ON CREATE SET p.cardinality = row.cardinality
