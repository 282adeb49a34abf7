// Ends the transaction with a tag. Whether it waits for a lock the server does not show of a definition.
//
// $tag STRING  the tag
SHOW TRANSACTIONS YIELD transactionId AS tagged, metaData
WHERE metaData.kgmem = $tag
TERMINATE TRANSACTIONS tagged YIELD message
RETURN message
