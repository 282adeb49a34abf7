// The version of Graph Data Science, where it is loaded.
//
// Returns one row: version.
RETURN gds.version() AS version
