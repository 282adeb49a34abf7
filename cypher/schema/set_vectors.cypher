// Notes which kind of vector indexes the database has.
//
// $vectors STRING  vectors or vectors_by_group
MATCH (s:KgmemSchema {id: 'kgmem'})
SET s.vectors = $vectors
