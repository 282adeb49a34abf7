// Vectors of the names of entities, of all groups together.
//
// $dimension INTEGER  the length of a vector
CREATE VECTOR INDEX kgmem_entity_vector IF NOT EXISTS
FOR (e:Entity) ON e.embedding
OPTIONS {indexConfig: {
    `vector.dimensions`: $dimension,
    `vector.similarity_function`: 'cosine'
}}
