// Claims of a group in the order in which they were recorded: what came since an instant.
CREATE INDEX kgmem_claim_record IF NOT EXISTS
FOR (c:Claim) ON (c.group_id, c.recorded_at)
