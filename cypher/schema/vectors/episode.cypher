// Vectors of episodes, of all groups together.
//
// $dimension INTEGER  the length of a vector
CREATE VECTOR INDEX kgmem_episode_vector IF NOT EXISTS
FOR (e:Episode) ON e.embedding
OPTIONS {indexConfig: {
    `vector.dimensions`: $dimension,
    `vector.similarity_function`: 'cosine'
}}
