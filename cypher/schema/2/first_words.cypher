// Gives the persons of an older schema the word that namesakes are found by, in normal form but for accents.
MATCH (e:Entity) WHERE e.type = 'person' AND e.first_word IS NULL
SET e.first_word = split(toLower(trim(e.name)), ' ')[0]
