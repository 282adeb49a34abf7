// Binds the database to an embedder, unless it is bound already.
//
// $embedder  STRING   the name of the model
// $dimension INTEGER  the length of its vectors
// Returns one row: the embedder and dimension that the database is bound to.
MERGE (s:KgmemSchema {id: 'kgmem'})
SET s.embedder = coalesce(s.embedder, $embedder), s.dimension = coalesce(s.dimension, $dimension)
RETURN s.embedder AS embedder, s.dimension AS dimension
