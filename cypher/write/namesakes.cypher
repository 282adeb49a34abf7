// The persons whose names start with one of some words.
//
// $group STRING  the group
// $words LIST    words in normal form
// Returns id, aliases and types, and since when each of them is known, as text, by id.
UNWIND $words AS word
MATCH (e:Entity) WHERE e.group_id = $group AND e.first_word = word
RETURN e.id AS id, e.aliases AS aliases, [at IN e.aliases_at | toString(at)] AS aliases_at,
    e.types AS types, [at IN e.types_at | toString(at)] AS types_at
ORDER BY id
