// Notes turns whose extraction failed; a later reason replaces an earlier one.
//
// $group STRING  the group
// $rows  LIST    maps of episode, window (the first turn of the window that failed) and reason
UNWIND $rows AS row
MERGE (f:Failure {episode: row.episode})
SET f.group_id = $group, f.window = row.window, f.reason = row.reason
