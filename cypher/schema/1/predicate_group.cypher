// The predicates of a group.
CREATE INDEX kgmem_predicate_group IF NOT EXISTS
FOR (p:Predicate) ON (p.group_id)
