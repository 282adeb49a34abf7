// The slots that claims bear on: all, or those of some predicates.
//
// $group      STRING  the group
// $predicates LIST    the names of the predicates, null for all
// Returns subject_id and predicate, each pair once.
MATCH (c:Claim)
WHERE c.group_id = $group AND ($predicates IS NULL OR c.predicate IN $predicates)
RETURN DISTINCT c.subject_id AS subject_id, c.predicate AS predicate
