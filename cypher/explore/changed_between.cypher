// What changed in belief between two instants of transaction time?
//
// $group_id STRING    the group
// $since    DATETIME  the earlier instant
// $until    DATETIME  the later instant, or null for now
// Returns at, change (added, changed or dropped), text, and the fact's since and until then.
WITH coalesce($until, datetime()) AS end
MATCH (s:Entity)-[r:FACT|EXPIRED_FACT]->(o:Entity)
WHERE r.group_id = $group_id
UNWIND [[r.created_at, 'came'], [r.expired_at, 'went']] AS event
WITH r, event[0] AS at, event[1] AS what, end
WHERE at > $since AND at <= end
WITH r.id AS id, at, collect(what) AS events, collect(r) AS versions
WITH at, events, head([v IN versions WHERE v.created_at = at] + versions) AS r
RETURN at,
    CASE WHEN size(events) > 1 THEN 'changed' WHEN events[0] = 'came' THEN 'added'
        ELSE 'dropped' END AS change,
    r.text AS text, r.valid_at AS since, r.invalid_at AS until
ORDER BY at, text, since
