// Claims are found by id; a claim is there once.
CREATE CONSTRAINT kgmem_claim_id IF NOT EXISTS
FOR (c:Claim) REQUIRE c.id IS UNIQUE
