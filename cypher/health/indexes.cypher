// The indexes of the database, those behind its constraints included.
//
// Returns name, state and how far it is filled (percent) of each.
SHOW INDEXES YIELD name, state, populationPercent
RETURN name, state, populationPercent AS percent
