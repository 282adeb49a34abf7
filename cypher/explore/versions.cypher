// Through which versions did the belief about an entity and a relation go?
//
// $group_id  STRING  the group
// $name      STRING  the entity, in any form in which it was written
// $predicate STRING  the relation, or null for all
// Returns text, object, since, until, believed_from and believed_until (null while it is believed).
MATCH (e:Entity {group_id: $group_id})-[r:FACT|EXPIRED_FACT]->(o:Entity)
WHERE $name IN e.aliases AND ($predicate IS NULL OR r.predicate = $predicate)
RETURN r.text AS text, o.name AS object, r.valid_at AS since, r.invalid_at AS until,
    r.created_at AS believed_from, r.expired_at AS believed_until
ORDER BY believed_from, since, text
