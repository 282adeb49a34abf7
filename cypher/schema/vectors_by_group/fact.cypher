// Vectors of facts believed now, with the group inside the index. Needs Neo4j 2026.2 or newer.
//
// $dimension INTEGER  the length of a vector
CYPHER 25
CREATE VECTOR INDEX kgmem_fact_vector_by_group IF NOT EXISTS
FOR ()-[r:FACT]-() ON r.embedding WITH [r.group_id]
OPTIONS {indexConfig: {
    `vector.dimensions`: $dimension,
    `vector.similarity_function`: 'cosine'
}}
