// The claims that bear on a slot.
CREATE INDEX kgmem_claim_slot IF NOT EXISTS
FOR (c:Claim) ON (c.subject_id, c.predicate)
