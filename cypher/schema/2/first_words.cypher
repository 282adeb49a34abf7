// The first words of the names of persons, by which namesakes are found: in normal form, for which
// the two letters stand that lower case leaves apart.
MATCH (e:Entity) WHERE e.type = 'person' AND e.first_word IS NULL
WITH e, toLower(normalize(trim(e.name), NFKC)) AS name
SET e.first_word = split(replace(replace(name, 'ß', 'ss'), 'ς', 'σ'), ' ')[0]
