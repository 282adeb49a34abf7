// Episodes.
//
// $group      STRING     the group
// $by         MAP        where to look, one of: ids, sessions (lists of ids), ending (the name of a
//                        session, of which only the last before an instant are wanted), group
// $ids        LIST       only those with these ids, or null
// $session    STRING     only those of the session of this name, or null
// $before     DATETIME   only those said before, or null
// $containing STRING     only those that match this regular expression, or null
// $as_known   DATETIME   only those recorded until then, or null
// $last       INTEGER    at most so many, the last said
// Returns the fields of each episode, the last said first.
CALL () {
    UNWIND $by.ids AS id MATCH (e:Episode {id: id})
    RETURN e
  UNION ALL
    UNWIND $by.sessions AS id MATCH (:Session {id: id})<-[:IN]-(e:Episode)
    RETURN e
  UNION ALL
    // In the order of the index, which is read from its end.
    MATCH (e:Episode)
    WHERE e.group_id = $group AND e.session = $by.ending AND e.occurred_at < $before
        AND e.id IS NOT NULL
    WITH e ORDER BY e.group_id DESC, e.session DESC, e.occurred_at DESC, e.id DESC LIMIT $last
    RETURN e
  UNION ALL
    MATCH (e:Episode) WHERE e.group_id = $by.group
    RETURN e
}
WITH e
WHERE e.group_id = $group
    AND ($ids IS NULL OR e.id IN $ids)
    AND ($session IS NULL OR e.session = $session)
    AND ($before IS NULL OR e.occurred_at < $before)
    AND ($containing IS NULL OR e.text =~ $containing
        OR e.speaker =~ $containing OR e.session =~ $containing)
    AND ($as_known IS NULL OR e.recorded_at <= $as_known)
RETURN e.id AS id, e.session AS session, e.text AS text, e.speaker AS speaker,
    toString(e.occurred_at) AS occurred_at, toString(e.recorded_at) AS recorded_at,
    e.message_id AS message_id, e.source AS source, e.source_kind AS source_kind
ORDER BY e.occurred_at DESC, e.id DESC LIMIT $last
