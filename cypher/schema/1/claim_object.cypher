// The claims that name an entity as their object.
CREATE INDEX kgmem_claim_object IF NOT EXISTS
FOR (c:Claim) ON (c.object_id)
