// Whether the database holds other groups than this one, with anything in them.
//
// $group_id STRING  the group
// Returns one row: other_groups, how many there are.
RETURN COUNT {
    MATCH (g:Group)
    WHERE g.id <> $group_id
        AND (EXISTS { MATCH (e:Episode) WHERE e.group_id = g.id }
            OR EXISTS { MATCH (c:Claim) WHERE c.group_id = g.id })
} AS other_groups
