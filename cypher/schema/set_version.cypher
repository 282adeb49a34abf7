// Notes that the database has a version of the schema; never an older one than it has.
//
// $version INTEGER  the version
MERGE (s:KgmemSchema {id: 'kgmem'})
SET s.version = CASE WHEN s.version > $version THEN s.version ELSE $version END
