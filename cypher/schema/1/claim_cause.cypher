// The claims made because of a claim.
CREATE INDEX kgmem_claim_cause IF NOT EXISTS
FOR (c:Claim) ON (c.caused_by)
