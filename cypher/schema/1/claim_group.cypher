// The claims of a group.
CREATE INDEX kgmem_claim_group IF NOT EXISTS
FOR (c:Claim) ON (c.group_id)
