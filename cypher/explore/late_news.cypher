// What did the memory learn long after it had become true?
//
// $group_id STRING   the group
// $days     INTEGER  how long after at least, or null for 30
// Returns text, since, when it was learned, and how many days later that was.
MATCH (s:Entity)-[r:FACT|EXPIRED_FACT]->(o:Entity)
WHERE r.group_id = $group_id
WITH r.id AS id, min(r.valid_at) AS since, min(r.created_at) AS learned, min(r.text) AS text
WITH *, duration.inDays(since, learned).days AS days
WHERE days >= coalesce($days, 30)
RETURN text, since, learned, days
ORDER BY days DESC, text
