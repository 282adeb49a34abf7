// Waits until every index answers.
//
// $seconds INTEGER  how long at most
CALL db.awaitIndexes($seconds)
