// What was believed at an instant of transaction time and is not believed now?
// Also facts that have another end now: it stands beside the one believed then.
//
// $group_id STRING    the group
// $as_known DATETIME  the instant
// Returns text, the fact's since and until as believed then, whether it is believed at all now, and
// its until as believed now.
MATCH (s:Entity)-[old:EXPIRED_FACT]->(o:Entity)
WHERE old.group_id = $group_id AND old.created_at <= $as_known AND old.expired_at > $as_known
OPTIONAL MATCH (s)-[now:FACT]->(o) WHERE now.id = old.id
WITH old, now
WHERE now IS NULL
    OR coalesce(old.invalid_at = now.invalid_at, old.invalid_at IS NULL AND now.invalid_at IS NULL)
        = false
RETURN old.text AS text, old.valid_at AS since, old.invalid_at AS until,
    now IS NOT NULL AS believed, now.invalid_at AS until_now
ORDER BY since, text
