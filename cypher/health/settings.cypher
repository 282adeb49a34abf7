// The memory that the server may take, for people who tune it.
//
// Returns name and value (as text, null where it is chosen at the start) of each setting.
SHOW SETTINGS 'server.memory.heap.max_size', 'server.memory.pagecache.size' YIELD name, value
RETURN name, value
