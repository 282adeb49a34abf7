// Sessions are found by id.
CREATE CONSTRAINT kgmem_session_id IF NOT EXISTS
FOR (s:Session) REQUIRE s.id IS UNIQUE
