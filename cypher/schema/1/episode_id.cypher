// Episodes are found by id; an episode is there once.
CREATE CONSTRAINT kgmem_episode_id IF NOT EXISTS
FOR (e:Episode) REQUIRE e.id IS UNIQUE
