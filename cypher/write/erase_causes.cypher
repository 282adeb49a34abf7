// Deletes every mention of claims as a cause of others.
//
// $group STRING  the group
// $ids   LIST    ids of claims
UNWIND $ids AS id
MATCH (c:Claim {caused_by: id}) WHERE c.group_id = $group
REMOVE c.caused_by
