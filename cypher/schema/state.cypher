// What the server is, and what of kgmem is in the database; asked once, on opening.
//
// Returns one row: release, database, and of the schema node version, embedder, dimension, vectors
// (null where there is none).
CALL dbms.components() YIELD name, versions
WITH versions[0] AS release, name WHERE name = 'Neo4j Kernel'
CALL db.info() YIELD name AS database
OPTIONAL MATCH (s:KgmemSchema {id: 'kgmem'})
RETURN release, database, s.version AS version, s.embedder AS embedder, s.dimension AS dimension,
    s.vectors AS vectors
