// Gives the claims of an older schema that name no object what they are found by.
MATCH (c:Claim) WHERE c.object_id IS NULL AND c.whole_of IS NULL
SET c.whole_of = c.subject_id
