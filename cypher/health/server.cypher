// What the server is.
//
// Returns one row: release and edition.
CALL dbms.components() YIELD name, versions, edition
WITH versions[0] AS release, edition, name WHERE name = 'Neo4j Kernel'
RETURN release, edition
