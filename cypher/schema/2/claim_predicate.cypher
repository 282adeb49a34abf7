// Claims of one relation, such as links.
CREATE INDEX kgmem_claim_predicate IF NOT EXISTS
FOR (c:Claim) ON (c.group_id, c.predicate)
