// Vectors of the names of entities, with the group inside the index. Needs Neo4j 2026.2 or newer.
//
// $dimension INTEGER  the length of a vector
CYPHER 25
CREATE VECTOR INDEX kgmem_entity_vector_by_group IF NOT EXISTS
FOR (e:Entity) ON e.embedding WITH [e.group_id]
OPTIONS {indexConfig: {
    `vector.dimensions`: $dimension,
    `vector.similarity_function`: 'cosine'
}}
