// Deletes what is known of predicates that no claim of the group has any more: their names are words, too.
//
// $group STRING  the group
MATCH (p:Predicate)
WHERE p.group_id = $group AND NOT EXISTS {
    MATCH (c:Claim) WHERE c.group_id = $group AND c.predicate = p.name
}
DELETE p
