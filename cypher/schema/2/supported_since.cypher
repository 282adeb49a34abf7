// Since when facts have their support; what has come since an instant is found by it.
MATCH ()-[r:FACT]->() WHERE r.group_id IS NOT NULL AND r.supported_at IS NULL
SET r.supported_at = r.created_at
