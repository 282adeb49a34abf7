// One failure a turn.
CREATE CONSTRAINT kgmem_failure_episode IF NOT EXISTS
FOR (f:Failure) REQUIRE f.episode IS UNIQUE
