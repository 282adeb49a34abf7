// Which relations last, and which end?
//
// $group_id STRING  the group
// Returns predicate, how many facts go on, how many are over, and how many days those took in mean.
MATCH ()-[r:FACT]->() WHERE r.group_id = $group_id
RETURN r.predicate AS predicate,
    sum(CASE WHEN r.invalid_at IS NULL THEN 1 ELSE 0 END) AS open,
    sum(CASE WHEN r.invalid_at IS NULL THEN 0 ELSE 1 END) AS ended,
    round(avg(duration.inDays(r.valid_at, r.invalid_at).days)) AS mean_days
ORDER BY predicate
