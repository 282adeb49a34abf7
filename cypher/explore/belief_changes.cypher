// When did the memory learn, and how much did it revise?
//
// $group_id STRING  the group
// Returns day, and how many versions of facts came and went on it.
MATCH ()-[r:FACT|EXPIRED_FACT]->() WHERE r.group_id = $group_id
UNWIND [[r.created_at, 1, 0], [r.expired_at, 0, 1]] AS event
WITH event WHERE event[0] IS NOT NULL
RETURN date(event[0]) AS day, sum(event[1]) AS came, sum(event[2]) AS went
ORDER BY day
