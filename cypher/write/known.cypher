// Which records are there already.
//
// $group    STRING  the group
// $episodes LIST    ids of episodes
// $claims   LIST    ids of claims
// $entities LIST    ids of entities
// Returns one row: episodes (maps of id and text), claims (ids), and entities (maps of id, aliases and
// types, the sets that name and type are functions of, and since when each of them is known, as text).
RETURN COLLECT {
    UNWIND $episodes AS id
    MATCH (e:Episode {id: id}) WHERE e.group_id = $group
    RETURN e {.id, .text}
} AS episodes, COLLECT {
    UNWIND $claims AS id
    MATCH (c:Claim {id: id}) WHERE c.group_id = $group
    RETURN c.id
} AS claims, COLLECT {
    UNWIND $entities AS id
    MATCH (e:Entity {id: id}) WHERE e.group_id = $group
    RETURN e {.id, .aliases, .types, aliases_at: [at IN e.aliases_at | toString(at)],
        types_at: [at IN e.types_at | toString(at)]}
} AS entities
