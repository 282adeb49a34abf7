// Whether Graph Data Science is loaded.
//
// Returns one row: found, how many of its procedures for PageRank there are.
SHOW PROCEDURES YIELD name WHERE name = 'gds.pageRank.stream'
RETURN count(*) AS found
