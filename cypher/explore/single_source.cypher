// Which facts stand on one turn alone?
//
// $group_id STRING  the group
// Returns text, and the turn's speaker, time and words.
MATCH ()-[r:FACT]->()
WHERE r.group_id = $group_id AND size(r.episodes) = 1
MATCH (e:Episode {id: r.episodes[0]})
RETURN r.text AS text, e.speaker AS speaker, e.occurred_at AS said_at, e.text AS turn
ORDER BY said_at, text
