// The claims that void a claim.
CREATE INDEX kgmem_claim_target IF NOT EXISTS
FOR (c:Claim) ON (c.target)
