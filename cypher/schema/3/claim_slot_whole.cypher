// The claims without an object: they bear on every slot of their subject and predicate.
CREATE INDEX kgmem_claim_slot_whole IF NOT EXISTS
FOR (c:Claim) ON (c.whole_of, c.predicate)
