// The slots that claims of some predicates bear on.
//
// $group      STRING  the group
// $predicates LIST    the names of the predicates
// Returns subject_id and predicate, each pair once.
MATCH (c:Claim)
WHERE c.group_id = $group AND c.predicate IN $predicates
RETURN DISTINCT c.subject_id AS subject_id, c.predicate AS predicate
