// The claims that bear on a slot and name its object.
CREATE INDEX kgmem_claim_slot_object IF NOT EXISTS
FOR (c:Claim) ON (c.subject_id, c.predicate, c.object_id)
