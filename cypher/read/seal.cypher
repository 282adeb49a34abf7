// Waits until no commit to the group is under way, and lets none begin before this transaction ends.
// Setting a label that is there takes the lock and writes nothing; a property that is set to what it is
// goes into the transaction log of 2026 and costs a sync.
//
// $group STRING  the group
// Returns the name of the last commit (or null), or no row where the group has no seal, nor had a commit.
MATCH (:Group {id: $group})-[:SEALED_BY]->(s:Seal)
SET s:Seal
// Looked up again: what was read before the lock was held may have changed meanwhile.
WITH s.group_id AS group
MATCH (:Group {id: group})-[:SEALED_BY]->(s:Seal)
RETURN s.commit AS commit
