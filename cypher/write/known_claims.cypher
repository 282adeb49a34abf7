// Which claims are there already.
//
// $group STRING  the group
// $ids   LIST    ids of claims
// Returns their ids.
UNWIND $ids AS id
MATCH (c:Claim {id: id}) WHERE c.group_id = $group
RETURN c.id AS id
