// Vectors of facts believed now, of all groups together.
//
// $dimension INTEGER  the length of a vector
CREATE VECTOR INDEX kgmem_fact_vector IF NOT EXISTS
FOR ()-[r:FACT]-() ON r.embedding
OPTIONS {indexConfig: {
    `vector.dimensions`: $dimension,
    `vector.similarity_function`: 'cosine'
}}
