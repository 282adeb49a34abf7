// Transactions that have run for long, as far as the user may see them; without their statements,
// which may hold what nobody else should read.
//
// $seconds FLOAT  from how many seconds on
// Returns the id, the user and the seconds of each.
SHOW TRANSACTIONS YIELD transactionId, username, elapsedTime
WHERE elapsedTime.milliseconds >= 1000 * $seconds
RETURN transactionId AS id, username AS user, elapsedTime.seconds AS seconds
