// Vectors of episodes, with the group inside the index. Needs Neo4j 2026.2 or newer.
//
// $dimension INTEGER  the length of a vector
CYPHER 25
CREATE VECTOR INDEX kgmem_episode_vector_by_group IF NOT EXISTS
FOR (e:Episode) ON e.embedding WITH [e.group_id]
OPTIONS {indexConfig: {
    `vector.dimensions`: $dimension,
    `vector.similarity_function`: 'cosine'
}}
