// A group is one node: the lock that its writers queue for.
CREATE CONSTRAINT kgmem_group_id IF NOT EXISTS
FOR (g:Group) REQUIRE g.id IS UNIQUE
