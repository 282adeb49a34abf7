-- Every statement of the SQLite store. Times are microseconds since 1970 in UTC, lists are JSON,
-- aliases and types JSON objects of since when each is known, vectors float32 blobs. :ids and the like are JSON arrays.

-- name: upgrade.2
-- Namesakes are found by the first word of a person's name.
ALTER TABLE entities ADD COLUMN first_word TEXT;
UPDATE entities SET first_word = first_word(aliases, types);

-- name: upgrade.3
-- Claims, facts and support lead to other records by number: `schema` makes the tables anew, `fill.3`
-- fills them. What comes in is no longer indexed by triggers.
DROP VIEW mentions;
DROP VIEW facts_words;
DROP TRIGGER facts_inserted;
DROP TRIGGER facts_deleted;
DROP TRIGGER episodes_inserted;
DROP TRIGGER entities_inserted;
DROP TRIGGER entities_renamed;
DROP INDEX IF EXISTS claims_by_slot;
DROP INDEX IF EXISTS claims_by_object;
DROP INDEX IF EXISTS claims_by_episode;
DROP INDEX IF EXISTS claims_by_target;
DROP INDEX IF EXISTS claims_by_group;
DROP INDEX IF EXISTS claims_by_record;
DROP INDEX IF EXISTS facts_believed;
DROP INDEX IF EXISTS facts_by_slot;
DROP INDEX IF EXISTS facts_by_object;
DROP INDEX IF EXISTS facts_by_group;
DROP INDEX IF EXISTS facts_by_predicate;
DROP INDEX IF EXISTS facts_by_text_claim;
DROP INDEX IF EXISTS facts_by_creation;
DROP INDEX IF EXISTS facts_by_expiry;
DROP INDEX IF EXISTS support_by_claim;
ALTER TABLE claims RENAME TO claims_2;
ALTER TABLE facts RENAME TO facts_2;
ALTER TABLE support RENAME TO support_2;

-- name: fill.3
INSERT INTO claims (
    num, id, group_num, episode, episode_num, kind, subject, subject_id, subject_num, subject_type,
    predicate, object, object_id, object_num, object_type, text, valid_at, invalid_at, said_at,
    recorded_at, confidence, source_kind, span, target, caused_by, embedding
)
SELECT
    c.num, c.id, c.group_num, c.episode, e.num, c.kind, c.subject, c.subject_id, s.num, c.subject_type,
    c.predicate, c.object, c.object_id, o.num, c.object_type, c.text, c.valid_at, c.invalid_at, c.said_at,
    c.recorded_at, c.confidence, c.source_kind, c.span, c.target, c.caused_by, c.embedding
FROM claims_2 AS c
LEFT JOIN episodes AS e ON e.id = c.episode
LEFT JOIN entities AS s ON s.id = c.subject_id
LEFT JOIN entities AS o ON o.id = c.object_id
ORDER BY c.num;
INSERT INTO facts (
    num, id, group_num, subject_id, subject_num, predicate, object_id, object_num, text, words,
    text_claim, valid_at, invalid_at, created_at, expired_at, ended_by
)
SELECT
    f.num, f.id, f.group_num, f.subject_id, s.num, f.predicate, f.object_id, o.num, f.text, f.words,
    f.text_claim, f.valid_at, f.invalid_at, f.created_at, f.expired_at, f.ended_by
FROM facts_2 AS f
LEFT JOIN entities AS s ON s.id = f.subject_id
LEFT JOIN entities AS o ON o.id = f.object_id
ORDER BY f.num;
INSERT INTO support (fact, claim)
SELECT s.fact, c.num FROM support_2 AS s JOIN claims AS c ON c.id = s.claim ORDER BY s.fact, c.num;
DROP TABLE support_2;
DROP TABLE facts_2;
DROP TABLE claims_2;

-- name: schema
CREATE TABLE IF NOT EXISTS settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS groups (
    num INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    recorded_at INTEGER,
    erasures INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE IF NOT EXISTS predicates (
    group_num INTEGER NOT NULL REFERENCES groups (num),
    predicate TEXT NOT NULL,
    cardinality TEXT NOT NULL CHECK (cardinality IN ('single', 'many')),
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (group_num, predicate, recorded_at)
) STRICT;

CREATE TABLE IF NOT EXISTS trust (
    group_num INTEGER NOT NULL REFERENCES groups (num),
    min_confidence REAL NOT NULL,
    "order" TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (group_num, recorded_at)
) STRICT;

CREATE TABLE IF NOT EXISTS episodes (
    num INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    group_num INTEGER NOT NULL REFERENCES groups (num),
    session TEXT NOT NULL,
    text TEXT NOT NULL,
    words TEXT NOT NULL,
    speaker TEXT,
    occurred_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    message_id TEXT,
    source TEXT,
    source_kind TEXT NOT NULL,
    embedding BLOB
) STRICT;
CREATE INDEX IF NOT EXISTS episodes_by_session ON episodes (group_num, session, occurred_at, id);
CREATE INDEX IF NOT EXISTS episodes_by_record ON episodes (group_num, recorded_at, id);

-- Turns whose extraction failed, until it is done again. A window is named by its first turn.
CREATE TABLE IF NOT EXISTS failures (
    episode TEXT PRIMARY KEY REFERENCES episodes (id) ON DELETE CASCADE,
    group_num INTEGER NOT NULL REFERENCES groups (num),
    "window" TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS failures_by_group ON failures (group_num);

CREATE TABLE IF NOT EXISTS entities (
    num INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    group_num INTEGER NOT NULL REFERENCES groups (num),
    name TEXT NOT NULL,
    words TEXT NOT NULL,
    type TEXT,
    aliases TEXT NOT NULL,
    types TEXT NOT NULL,
    first_word TEXT,
    summary TEXT NOT NULL DEFAULT '',
    embedding BLOB
) STRICT;
CREATE INDEX IF NOT EXISTS entities_by_group ON entities (group_num);
CREATE INDEX IF NOT EXISTS entities_by_first_word ON entities (group_num, first_word)
WHERE first_word IS NOT NULL;

-- Ids are spread over all of an index, so each write of one dirties a page of its own; numbers come
-- in order. So records lead to each other by number; their ids stand beside, to be read.
CREATE TABLE IF NOT EXISTS claims (
    num INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    group_num INTEGER NOT NULL REFERENCES groups (num),
    episode TEXT,
    episode_num INTEGER REFERENCES episodes (num) DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL CHECK (kind IN ('asserts', 'ends', 'retracts')),
    subject TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    subject_num INTEGER NOT NULL REFERENCES entities (num) DEFERRABLE INITIALLY DEFERRED,
    subject_type TEXT,
    predicate TEXT NOT NULL,
    object TEXT,
    object_id TEXT,
    object_num INTEGER REFERENCES entities (num) DEFERRABLE INITIALLY DEFERRED,
    object_type TEXT,
    text TEXT NOT NULL,
    valid_at INTEGER NOT NULL,
    invalid_at INTEGER,
    said_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    confidence REAL NOT NULL,
    source_kind TEXT NOT NULL,
    span TEXT,
    target TEXT,
    caused_by TEXT,
    embedding BLOB,
    CHECK (invalid_at IS NULL OR invalid_at > valid_at),
    CHECK ((episode IS NULL) = (episode_num IS NULL)),
    CHECK ((object_id IS NULL) = (object_num IS NULL))
) STRICT;
CREATE INDEX IF NOT EXISTS claims_by_slot ON claims (subject_num, predicate, valid_at);
CREATE INDEX IF NOT EXISTS claims_by_object ON claims (object_num, subject_num, predicate);
CREATE INDEX IF NOT EXISTS claims_that_retract ON claims (subject_num, predicate)
WHERE kind = 'retracts';
CREATE INDEX IF NOT EXISTS claims_by_episode ON claims (episode_num);
CREATE INDEX IF NOT EXISTS claims_by_target ON claims (target) WHERE target IS NOT NULL;
CREATE INDEX IF NOT EXISTS claims_by_group ON claims (group_num, predicate);
CREATE INDEX IF NOT EXISTS claims_by_record ON claims (group_num, recorded_at, id);

CREATE TABLE IF NOT EXISTS facts (
    num INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    group_num INTEGER NOT NULL REFERENCES groups (num),
    subject_id TEXT NOT NULL,
    subject_num INTEGER NOT NULL REFERENCES entities (num) DEFERRABLE INITIALLY DEFERRED,
    predicate TEXT NOT NULL,
    object_id TEXT NOT NULL,
    object_num INTEGER NOT NULL REFERENCES entities (num) DEFERRABLE INITIALLY DEFERRED,
    text TEXT NOT NULL,
    words TEXT NOT NULL,
    text_claim TEXT NOT NULL,
    valid_at INTEGER NOT NULL,
    invalid_at INTEGER,
    created_at INTEGER NOT NULL,
    expired_at INTEGER,
    ended_by TEXT,
    UNIQUE (id, created_at)
) STRICT;
CREATE INDEX IF NOT EXISTS facts_by_slot ON facts (subject_num, predicate, expired_at, invalid_at);
CREATE INDEX IF NOT EXISTS facts_by_object ON facts (object_num, subject_num, predicate);
CREATE INDEX IF NOT EXISTS facts_by_group ON facts (group_num, valid_at);
CREATE INDEX IF NOT EXISTS facts_by_predicate ON facts (group_num, predicate);
CREATE INDEX IF NOT EXISTS facts_by_creation ON facts (group_num, created_at, id);
CREATE INDEX IF NOT EXISTS facts_by_expiry ON facts (group_num, expired_at)
WHERE expired_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS support (
    fact INTEGER NOT NULL REFERENCES facts (num) ON DELETE CASCADE,
    claim INTEGER NOT NULL REFERENCES claims (num) ON DELETE CASCADE,
    PRIMARY KEY (fact, claim)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS support_by_claim ON support (claim);

-- What is derived of beliefs and can be made again; erasing anything erases it.
CREATE TABLE IF NOT EXISTS communities (
    id TEXT PRIMARY KEY,
    group_num INTEGER NOT NULL REFERENCES groups (num),
    name TEXT NOT NULL,
    summary TEXT NOT NULL,
    members TEXT NOT NULL,
    facts TEXT NOT NULL,
    made_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS communities_by_group ON communities (group_num);

CREATE TABLE IF NOT EXISTS similar (
    group_num INTEGER NOT NULL REFERENCES groups (num),
    name TEXT NOT NULL REFERENCES entities (id) DEFERRABLE INITIALLY DEFERRED,
    alias TEXT NOT NULL REFERENCES entities (id) DEFERRABLE INITIALLY DEFERRED,
    score REAL NOT NULL,
    PRIMARY KEY (group_num, name, alias)
) STRICT, WITHOUT ROWID;

-- An entity is mentioned by the episodes whose claims name it.
CREATE VIEW IF NOT EXISTS mentions AS
SELECT group_num, episode, subject_id AS entity FROM claims WHERE episode IS NOT NULL
UNION
SELECT group_num, episode, object_id FROM claims WHERE episode IS NOT NULL AND object_id IS NOT NULL;

-- Fulltext: the group is a word of its own column, so that a search never leaves it. What is indexed
-- are content words (`kgmem.text.indexed`); of a fact those of its relation too, which its text may
-- only imply ("I moved" says where one lives in).
CREATE VIEW IF NOT EXISTS facts_words AS
SELECT num, 'g' || group_num AS scope, words FROM facts;
CREATE VIEW IF NOT EXISTS episodes_words AS
SELECT num, 'g' || group_num AS scope, words FROM episodes;
CREATE VIEW IF NOT EXISTS entities_words AS
SELECT num, 'g' || group_num AS scope, words FROM entities;

CREATE VIRTUAL TABLE IF NOT EXISTS facts_text USING fts5 (
    scope, words, content = 'facts_words', content_rowid = 'num', tokenize = 'porter unicode61'
);
CREATE VIRTUAL TABLE IF NOT EXISTS episodes_text USING fts5 (
    scope, words, content = 'episodes_words', content_rowid = 'num', tokenize = 'porter unicode61'
);
CREATE VIRTUAL TABLE IF NOT EXISTS entities_text USING fts5 (
    scope, words, content = 'entities_words', content_rowid = 'num', tokenize = 'porter unicode61'
);

-- What goes or changes leaves the index by itself. What comes in is indexed by `index_facts` and its
-- like, once a batch: within a trigger FTS5 writes a segment of its own for each row, and merges them.
CREATE TRIGGER IF NOT EXISTS facts_deleted AFTER DELETE ON facts BEGIN
    INSERT INTO facts_text (facts_text, rowid, scope, words)
    VALUES ('delete', old.num, 'g' || old.group_num, old.words);
END;
CREATE TRIGGER IF NOT EXISTS episodes_deleted AFTER DELETE ON episodes BEGIN
    INSERT INTO episodes_text (episodes_text, rowid, scope, words)
    VALUES ('delete', old.num, 'g' || old.group_num, old.words);
END;
CREATE TRIGGER IF NOT EXISTS entities_deleted AFTER DELETE ON entities BEGIN
    INSERT INTO entities_text (entities_text, rowid, scope, words)
    VALUES ('delete', old.num, 'g' || old.group_num, old.words);
END;
CREATE TRIGGER IF NOT EXISTS entities_renamed AFTER UPDATE OF words ON entities
WHEN new.words <> old.words BEGIN
    INSERT INTO entities_text (entities_text, rowid, scope, words)
    VALUES ('delete', old.num, 'g' || old.group_num, old.words);
    INSERT INTO entities_text (rowid, scope, words)
    VALUES (new.num, 'g' || new.group_num, new.words);
END;

-- name: tables
SELECT name FROM sqlite_master

-- name: set_setting
INSERT INTO settings (name, value) VALUES (:name, :value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- name: group
SELECT num, recorded_at, erasures FROM groups WHERE name = :name

-- name: create_group
INSERT INTO groups (name) VALUES (:name) RETURNING num

-- name: finish
UPDATE groups SET recorded_at = :recorded_at, erasures = erasures + :rewritten WHERE num = :group

-- name: predicates
SELECT predicate, cardinality, recorded_at FROM predicates
WHERE group_num = :group AND (:names IS NULL OR predicate IN (SELECT value FROM json_each(:names)))
ORDER BY recorded_at, predicate

-- name: register
INSERT OR IGNORE INTO predicates (group_num, predicate, cardinality, recorded_at)
VALUES (:group, :predicate, :cardinality, :recorded_at)

-- name: policies
SELECT min_confidence, "order", recorded_at FROM trust WHERE group_num = :group ORDER BY recorded_at

-- name: follow
INSERT OR IGNORE INTO trust (group_num, min_confidence, "order", recorded_at)
VALUES (:group, :min_confidence, :order, :recorded_at)

-- name: failures
SELECT episode, "window", reason FROM failures WHERE group_num = :group ORDER BY "window", episode

-- name: fail
INSERT OR REPLACE INTO failures (episode, group_num, "window", reason)
VALUES (:episode, :group, :window, :reason)

-- name: settle
DELETE FROM failures WHERE group_num = :group AND episode IN (SELECT value FROM json_each(:ids))

-- name: known_episodes
SELECT id, text FROM episodes
WHERE +group_num = :group AND id IN (SELECT value FROM json_each(:ids))

-- name: known_claims
SELECT id FROM claims WHERE +group_num = :group AND id IN (SELECT value FROM json_each(:ids))

-- name: known_entities
SELECT id, aliases, types FROM entities
WHERE +group_num = :group AND id IN (SELECT value FROM json_each(:ids))

-- name: namesakes
SELECT id, aliases, types FROM entities
WHERE group_num = :group AND first_word IN (SELECT value FROM json_each(:words))
ORDER BY id

-- name: insert_episode
INSERT INTO episodes (
    id, group_num, session, text, words, speaker, occurred_at, recorded_at, message_id, source,
    source_kind, embedding
) VALUES (
    :id, :group, :session, :text, :words, :speaker, :occurred_at, :recorded_at, :message_id, :source,
    :source_kind, :embedding
)

-- name: write_entity
INSERT INTO entities (id, group_num, name, words, type, aliases, types, first_word, embedding)
VALUES (:id, :group, :name, :words, :type, :aliases, :types, :first_word, :embedding)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, words = excluded.words, type = excluded.type, aliases = excluded.aliases,
    types = excluded.types, first_word = excluded.first_word,
    embedding = coalesce(embedding, excluded.embedding)

-- name: insert_claim
INSERT INTO claims (
    id, group_num, episode, episode_num, kind, subject, subject_id, subject_num, subject_type,
    predicate, object, object_id, object_num, object_type, text, valid_at, invalid_at, said_at,
    recorded_at, confidence, source_kind, span, target, caused_by, embedding
) VALUES (
    :id, :group, :episode, (SELECT num FROM episodes WHERE id = :episode), :kind, :subject,
    :subject_id, (SELECT num FROM entities WHERE id = :subject_id), :subject_type, :predicate, :object,
    :object_id, (SELECT num FROM entities WHERE id = :object_id), :object_type, :text, :valid_at,
    :invalid_at, :said_at, :recorded_at, :confidence, :source_kind, :span, :target, :caused_by,
    :embedding
)

-- name: last_episodes
SELECT coalesce(max(num), 0) AS num FROM episodes

-- name: index_episodes
INSERT INTO episodes_text (rowid, scope, words)
SELECT num, scope, words FROM episodes_words WHERE num > :last ORDER BY num

-- name: last_entities
SELECT coalesce(max(num), 0) AS num FROM entities

-- name: index_entities
INSERT INTO entities_text (rowid, scope, words)
SELECT num, scope, words FROM entities_words WHERE num > :last ORDER BY num

-- name: last_facts
SELECT coalesce(max(num), 0) AS num FROM facts

-- name: index_facts
INSERT INTO facts_text (rowid, scope, words)
SELECT num, scope, words FROM facts_words WHERE num > :last ORDER BY num

-- name: slots_of
SELECT DISTINCT subject_id, predicate FROM claims
WHERE group_num = :group
    AND (:predicates IS NULL OR predicate IN (SELECT value FROM json_each(:predicates)))

-- name: links
SELECT f.subject_id, s.name, f.object_id, o.name FROM facts AS f
JOIN entities AS s ON s.num = f.subject_num
JOIN entities AS o ON o.num = f.object_num
WHERE f.group_num = :group AND f.predicate = :predicate AND f.expired_at IS NULL

-- name: entity_numbers
SELECT id, num FROM entities WHERE id IN (SELECT value FROM json_each(:ids))

-- What bears on a slot: the numbers of its subject and object, and its predicate between them. Each branch is
-- a seek in a whole index: much may be said of one subject and predicate, and of one object.
-- name: slot_claims
WITH slot AS (
    SELECT key, value ->> 0 AS subject_num, value ->> 1 AS predicate, value ->> 2 AS object_num
    FROM json_each(:slots)
),
found AS (
    SELECT slot.key AS slot, c.num FROM slot
    JOIN claims AS c ON c.subject_num = slot.subject_num AND c.predicate = slot.predicate
    WHERE slot.object_num IS NULL
    UNION ALL
    SELECT slot.key AS slot, c.num FROM slot
    JOIN claims AS c INDEXED BY claims_by_object ON c.object_num = slot.object_num
        AND c.subject_num = slot.subject_num AND c.predicate = slot.predicate
    UNION ALL
    SELECT slot.key AS slot, c.num FROM slot
    JOIN claims AS c INDEXED BY claims_by_object ON c.object_num IS NULL
        AND c.subject_num = slot.subject_num AND c.predicate = slot.predicate
    WHERE slot.object_num IS NOT NULL
)
SELECT
    found.slot, c.id, c.episode, c.kind, c.subject, c.subject_id, c.subject_type, c.predicate, c.object,
    c.object_id, c.object_type, c.text, c.valid_at, c.invalid_at, c.said_at, c.recorded_at,
    c.confidence, c.source_kind, c.span, c.target, c.caused_by
FROM found JOIN claims AS c ON c.num = found.num

-- name: slot_versions
WITH slot AS (
    SELECT key, value ->> 0 AS subject_num, value ->> 1 AS predicate, value ->> 2 AS object_num
    FROM json_each(:slots)
),
found AS (
    SELECT slot.key AS slot, f.num FROM slot
    JOIN facts AS f ON f.subject_num = slot.subject_num AND f.predicate = slot.predicate
        AND f.expired_at IS NULL
    WHERE slot.object_num IS NULL
    UNION ALL
    SELECT slot.key AS slot, f.num FROM slot
    JOIN facts AS f ON f.subject_num = slot.subject_num AND f.predicate = slot.predicate
        AND f.expired_at IS NOT NULL
    WHERE slot.object_num IS NULL AND :every
    UNION ALL
    SELECT slot.key AS slot, f.num FROM slot
    JOIN facts AS f INDEXED BY facts_by_object ON f.object_num = slot.object_num
        AND f.subject_num = slot.subject_num AND f.predicate = slot.predicate
)
SELECT
    found.slot, f.*,
    (
        SELECT json_group_array(c.id) FROM (
            SELECT c.id FROM support AS s JOIN claims AS c ON c.num = s.claim
            WHERE s.fact = f.num ORDER BY c.said_at, c.id
        ) AS c
    ) AS support
FROM found JOIN facts AS f ON f.num = found.num
WHERE :every OR f.expired_at IS NULL

-- The end of a long slot, as `kgmem.stores.tails` wants it.

-- name: long_slots
WITH slot AS (
    SELECT key, value ->> 0 AS subject_num, value ->> 1 AS predicate FROM json_each(:slots)
)
SELECT slot.key, slot.subject_num FROM slot
WHERE (
    SELECT 1 FROM claims AS c
    WHERE c.subject_num = slot.subject_num AND c.predicate = slot.predicate LIMIT 1 OFFSET :most
) AND NOT EXISTS (
    SELECT 1 FROM claims AS c
    WHERE c.subject_num = slot.subject_num AND c.predicate = slot.predicate AND c.kind = 'retracts'
)

-- name: tail_versions
SELECT
    f.*,
    (
        SELECT json_group_array(c.id) FROM (
            SELECT c.id FROM support AS s JOIN claims AS c ON c.num = s.claim
            WHERE s.fact = f.num ORDER BY c.said_at, c.id
        ) AS c
    ) AS support
FROM facts AS f
WHERE f.subject_num = :subject_num AND f.predicate = :predicate AND f.expired_at IS NULL
    AND (f.invalid_at IS NULL OR f.invalid_at >= :since)

-- name: tail_claims
SELECT
    id, episode, kind, subject, subject_id, subject_type, predicate, object, object_id, object_type,
    text, valid_at, invalid_at, said_at, recorded_at, confidence, source_kind, span, target, caused_by
FROM claims
WHERE subject_num = :subject_num AND predicate = :predicate AND valid_at >= (
    SELECT valid_at FROM claims
    WHERE subject_num = :subject_num AND predicate = :predicate AND valid_at <= :since
    ORDER BY valid_at DESC LIMIT 1 OFFSET :before
)

-- name: remove_version
DELETE FROM facts WHERE id = :id AND created_at = :created_at

-- name: expire_version
UPDATE facts SET expired_at = :expired_at WHERE id = :id AND expired_at IS NULL

-- name: insert_version
INSERT INTO facts (
    id, group_num, subject_id, subject_num, predicate, object_id, object_num, text, words, text_claim,
    valid_at, invalid_at, created_at, expired_at, ended_by
) VALUES (
    :id, :group, :subject_id, (SELECT num FROM entities WHERE id = :subject_id), :predicate,
    :object_id, (SELECT num FROM entities WHERE id = :object_id), :text, :words, :text_claim,
    :valid_at, :invalid_at, :created_at, :expired_at, :ended_by
)

-- name: add_support
INSERT OR IGNORE INTO support (fact, claim)
SELECT f.num, c.num FROM facts AS f, json_each(:support) AS claim
JOIN claims AS c ON c.id = claim.value
WHERE f.id = :id AND f.created_at = :created_at

-- name: erase_episodes
DELETE FROM episodes WHERE +group_num = :group AND id IN (SELECT value FROM json_each(:ids))

-- name: erase_claims
DELETE FROM claims WHERE +group_num = :group AND id IN (SELECT value FROM json_each(:ids))

-- name: erase_predicates
DELETE FROM predicates WHERE group_num = :group
AND predicate NOT IN (SELECT predicate FROM claims WHERE +group_num = :group)

-- name: erase_causes
UPDATE claims SET caused_by = NULL
WHERE group_num = :group AND caused_by IN (SELECT value FROM json_each(:ids))

-- name: erase_entities
DELETE FROM entities WHERE +group_num = :group AND id IN (SELECT value FROM json_each(:ids))
RETURNING id, num

-- name: communities
SELECT id, name, summary, members, facts, made_at FROM communities
WHERE group_num = :group ORDER BY id

-- name: clear_communities
DELETE FROM communities WHERE group_num = :group

-- name: insert_community
INSERT INTO communities (id, group_num, name, summary, members, facts, made_at)
VALUES (:id, :group, :name, :summary, :members, :facts, :made_at)

-- name: similar
SELECT n.name, a.name AS alias, s.score FROM similar AS s
JOIN entities AS n ON n.id = s.name
JOIN entities AS a ON a.id = s.alias
WHERE s.group_num = :group ORDER BY s.name, s.alias

-- name: clear_similar
DELETE FROM similar WHERE group_num = :group

-- name: insert_similar
INSERT INTO similar (group_num, name, alias, score) VALUES (:group, :name, :alias, :score)

-- name: clear_summaries
UPDATE entities SET summary = '' WHERE group_num = :group AND summary <> ''

-- name: summarize
UPDATE entities SET summary = :summary WHERE id = :id AND +group_num = :group

-- name: entities
SELECT id, aliases, types, summary FROM entities WHERE group_num = :group ORDER BY id

-- name: entities_of
SELECT id, aliases, types, summary FROM entities
WHERE +group_num = :group AND id IN (SELECT value FROM json_each(:ids))
ORDER BY id

-- Reads are composed: the block, then those of its conditions whose parameter is given, then its order.
-- The + keeps SQLite from walking the group where a condition leads to a few records of it; where none
-- does, the condition ``group`` is put in.

-- name: claims
SELECT c.* FROM claims AS c WHERE +c.group_num = :group
-- name: claims.group
AND c.group_num = :group
-- name: claims.ids
AND c.id IN (SELECT value FROM json_each(:ids))
-- name: claims.session
AND c.episode_num IN (
    SELECT e.num FROM episodes AS e WHERE e.group_num = :group AND e.session = :session)
-- name: claims.before
AND c.said_at < :before
-- name: claims.episodes
AND c.episode_num IN (
    SELECT e.num FROM episodes AS e WHERE e.id IN (SELECT value FROM json_each(:episodes)))
-- name: claims.entities
AND (
    c.subject_num IN (SELECT n.num FROM entities AS n WHERE n.id IN (SELECT value FROM json_each(:entities)))
    OR c.object_num IN (SELECT n.num FROM entities AS n WHERE n.id IN (SELECT value FROM json_each(:entities))))
-- name: claims.predicate
AND c.predicate = :predicate
-- name: claims.targets
AND c.target IN (SELECT value FROM json_each(:targets))
-- name: claims.containing
AND contains_word(:containing, c.text, c.subject, c.object)
-- name: claims.as_known
AND c.recorded_at <= :as_known
-- name: claims.order
ORDER BY c.said_at, c.id

-- name: episodes
SELECT e.* FROM episodes AS e WHERE +e.group_num = :group
-- name: episodes.group
AND e.group_num = :group
-- name: episodes.ids
AND e.id IN (SELECT value FROM json_each(:ids))
-- name: episodes.session
AND e.group_num = :group AND e.session = :session
-- name: episodes.before
AND e.occurred_at < :before
-- name: episodes.containing
AND contains_word(:containing, e.text, e.speaker, e.session)
-- name: episodes.as_known
AND e.recorded_at <= :as_known
-- name: episodes.order
ORDER BY e.occurred_at DESC, e.id DESC LIMIT coalesce(:last, -1)

-- name: facts
SELECT
    f.id, f.predicate, f.text, f.valid_at, f.invalid_at, f.created_at, f.expired_at, f.ended_by,
    s.id AS s_id, s.aliases AS s_aliases,
    s.types AS s_types,
    o.id AS o_id, o.aliases AS o_aliases,
    o.types AS o_types,
    (
        SELECT json_group_array(json_array(c.id, c.episode)) FROM (
            SELECT c.id, c.episode FROM support AS p JOIN claims AS c ON c.num = p.claim
            WHERE p.fact = f.num AND (:as_known IS NULL OR c.recorded_at <= :as_known)
            ORDER BY c.said_at, c.id
        ) AS c
    ) AS support
FROM facts AS f
JOIN entities AS s ON s.num = f.subject_num
JOIN entities AS o ON o.num = f.object_num
WHERE +f.group_num = :group
-- name: facts.group
AND f.group_num = :group
-- name: facts.ids
AND f.id IN (SELECT value FROM json_each(:ids))
-- name: facts.subjects
AND f.subject_num IN (
    SELECT n.num FROM entities AS n WHERE n.id IN (SELECT value FROM json_each(:subjects)))
-- name: facts.predicates
AND f.predicate IN (SELECT value FROM json_each(:predicates))
-- name: facts.object_id
AND f.object_num = (SELECT n.num FROM entities AS n WHERE n.id = :object_id)
-- name: facts.entity_id
AND (
    f.subject_num = (SELECT n.num FROM entities AS n WHERE n.id = :entity_id)
    OR f.object_num = (SELECT n.num FROM entities AS n WHERE n.id = :entity_id))
-- name: facts.session_prefix
AND f.num IN (
    SELECT p.fact FROM episodes AS e
    JOIN claims AS c ON c.episode_num = e.num JOIN support AS p ON p.claim = c.num
    WHERE e.group_num = :group
        AND e.session >= :session_prefix AND e.session < :session_prefix || char(1114111))
-- name: facts.as_of
AND f.valid_at <= :as_of AND (f.invalid_at IS NULL OR f.invalid_at > :as_of)
-- name: facts.as_known
AND f.created_at <= :as_known AND (f.expired_at IS NULL OR f.expired_at > :as_known)
-- name: facts.believed
AND f.expired_at IS NULL
-- name: facts.order
ORDER BY f.valid_at, f.id, f.created_at

-- name: fact_text
SELECT f.id, -bm25(facts_text, 0.0, 1.0) AS score
FROM facts_text JOIN facts AS f ON f.num = facts_text.rowid
WHERE facts_text MATCH :match
    AND (:as_of IS NULL
        OR (f.valid_at <= :as_of AND (f.invalid_at IS NULL OR f.invalid_at > :as_of)))
    AND ((:as_known IS NULL AND f.expired_at IS NULL)
        OR (f.created_at <= :as_known AND (f.expired_at IS NULL OR f.expired_at > :as_known)))
ORDER BY score DESC, f.id LIMIT :limit

-- name: episode_text
SELECT e.id, -bm25(episodes_text, 0.0, 1.0) AS score
FROM episodes_text JOIN episodes AS e ON e.num = episodes_text.rowid
WHERE episodes_text MATCH :match AND (:as_known IS NULL OR e.recorded_at <= :as_known)
ORDER BY score DESC, e.id LIMIT :limit

-- name: entity_text
SELECT e.id, -bm25(entities_text, 0.0, 1.0) AS score
FROM entities_text JOIN entities AS e ON e.num = entities_text.rowid
WHERE entities_text MATCH :match
    AND (:as_known IS NULL OR EXISTS (
        SELECT 1 FROM claims AS c
        WHERE (c.subject_num = e.num OR c.object_num = e.num) AND c.recorded_at <= :as_known))
ORDER BY score DESC, e.id LIMIT :limit

-- name: fact_vectors
SELECT num, id, embedding FROM claims
WHERE group_num = :group AND num > :after AND embedding IS NOT NULL ORDER BY num

-- name: episode_vectors
SELECT num, id, embedding FROM episodes
WHERE group_num = :group AND num > :after AND embedding IS NOT NULL ORDER BY num

-- name: entity_vectors
SELECT num, id, embedding FROM entities
WHERE group_num = :group AND num > :after AND embedding IS NOT NULL ORDER BY num

-- name: fact_near
SELECT c.id AS near, f.id FROM claims AS c
JOIN support AS p ON p.claim = c.num
JOIN facts AS f ON f.num = p.fact AND f.text_claim = c.id
WHERE c.id IN (SELECT value FROM json_each(:ids))
    AND (:as_of IS NULL
        OR (f.valid_at <= :as_of AND (f.invalid_at IS NULL OR f.invalid_at > :as_of)))
    AND ((:as_known IS NULL AND f.expired_at IS NULL)
        OR (f.created_at <= :as_known AND (f.expired_at IS NULL OR f.expired_at > :as_known)))

-- name: episode_near
SELECT id AS near, id FROM episodes
WHERE id IN (SELECT value FROM json_each(:ids)) AND (:as_known IS NULL OR recorded_at <= :as_known)

-- name: entity_near
SELECT e.id AS near, e.id FROM entities AS e
WHERE e.id IN (SELECT value FROM json_each(:ids))
    AND (:as_known IS NULL OR EXISTS (
        SELECT 1 FROM claims AS c
        WHERE (c.subject_num = e.num OR c.object_num = e.num) AND c.recorded_at <= :as_known))

-- What came and went since an instant of transaction time; one that no record precedes asks for all.

-- name: mark
SELECT
    g.num, g.recorded_at, g.erasures AS rewrites,
    (SELECT value FROM settings WHERE name = 'embedder') AS embedder,
    (SELECT value FROM settings WHERE name = 'dimension') AS dimension
FROM (SELECT 1) LEFT JOIN groups AS g ON g.name = :name

-- What a snapshot reads: all since an instant, or some by id, and what is around some. The plus keeps SQLite from reading a whole
-- group, in the order that is asked for, to find a few.

-- name: rows_episodes
SELECT * FROM episodes WHERE +group_num = :group
-- name: rows_episodes.since
AND group_num = :group AND recorded_at > :since
-- name: rows_episodes.ids
AND id IN (SELECT value FROM json_each(:ids))
-- name: rows_episodes.order
ORDER BY recorded_at, id

-- name: rows_claims
SELECT id, episode, subject_id, object_id, said_at, recorded_at, embedding FROM claims
WHERE +group_num = :group
-- name: rows_claims.since
AND group_num = :group AND recorded_at > :since
-- name: rows_claims.ids
AND id IN (SELECT value FROM json_each(:ids))
-- name: rows_claims.order
ORDER BY recorded_at, id

-- name: rows_versions
SELECT
    f.*,
    (
        SELECT json_group_array(c.id) FROM (
            SELECT c.id FROM support AS s JOIN claims AS c ON c.num = s.claim
            WHERE s.fact = f.num ORDER BY c.said_at, c.id
        ) AS c
    ) AS support
FROM facts AS f
WHERE +f.group_num = :group
-- name: rows_versions.since
AND f.num IN (
    SELECT num FROM facts WHERE group_num = :group AND created_at > :since
    UNION
    SELECT num FROM facts
    WHERE group_num = :group AND expired_at IS NOT NULL AND expired_at > :since
    UNION
    SELECT s.fact FROM claims AS c JOIN support AS s ON s.claim = c.num
    WHERE c.group_num = :group AND c.recorded_at > :since
)
-- name: rows_versions.ids
AND f.id IN (SELECT value FROM json_each(:ids))
-- name: rows_versions.order
ORDER BY f.created_at, f.id

-- name: rows_entities
SELECT id, aliases, types, embedding FROM entities WHERE +group_num = :group
-- name: rows_entities.since
AND num IN (
    SELECT subject_num FROM claims WHERE group_num = :group AND recorded_at > :since
    UNION
    SELECT object_num FROM claims WHERE group_num = :group AND recorded_at > :since
)
-- name: rows_entities.ids
AND id IN (SELECT value FROM json_each(:ids))
-- name: rows_entities.order
ORDER BY id

-- What is one step away from entities and episodes: ids of facts, of claims, of turns beside.

-- name: around_facts
SELECT id FROM (
    SELECT id, valid_at FROM facts
    WHERE +group_num = :group AND subject_num IN (
        SELECT num FROM entities WHERE id IN (SELECT value FROM json_each(:entities)))
    UNION
    SELECT id, valid_at FROM facts
    WHERE +group_num = :group AND object_num IN (
        SELECT num FROM entities WHERE id IN (SELECT value FROM json_each(:entities)))
)
ORDER BY valid_at DESC, id LIMIT :most

-- name: around_claims
SELECT id FROM claims
WHERE +group_num = :group AND episode_num IN (
    SELECT num FROM episodes WHERE id IN (SELECT value FROM json_each(:episodes)))

-- name: around_episodes
SELECT value AS id FROM episodes AS e, json_each(json_array(
    (SELECT p.id FROM episodes AS p
    WHERE p.group_num = :group AND p.session = e.session
        AND (p.occurred_at, p.id) < (e.occurred_at, e.id)
    ORDER BY p.occurred_at DESC, p.id DESC LIMIT 1),
    (SELECT n.id FROM episodes AS n
    WHERE n.group_num = :group AND n.session = e.session
        AND (n.occurred_at, n.id) > (e.occurred_at, e.id)
    ORDER BY n.occurred_at, n.id LIMIT 1)
))
WHERE +e.group_num = :group AND e.id IN (SELECT value FROM json_each(:episodes))
    AND value IS NOT NULL

-- name: stats
SELECT
    (SELECT count(*) FROM episodes WHERE group_num = :group) AS episodes,
    (SELECT count(DISTINCT session) FROM episodes WHERE group_num = :group) AS sessions,
    (SELECT count(*) FROM entities WHERE group_num = :group) AS entities,
    (SELECT count(*) FROM claims WHERE group_num = :group) AS claims,
    (SELECT count(*) FROM facts WHERE group_num = :group AND expired_at IS NULL) AS facts,
    (SELECT count(*) FROM facts WHERE group_num = :group AND expired_at IS NOT NULL) AS expired_facts

-- name: vectors_of
SELECT id, embedding FROM episodes
WHERE +group_num = :group AND id IN (SELECT value FROM json_each(:ids)) AND embedding IS NOT NULL

-- A whole group, in pages; each goes on after the last record of the one before.

-- name: dump_episodes
SELECT * FROM episodes
WHERE group_num = :group AND recorded_at <= :until AND (recorded_at, id) > (:at, :id)
ORDER BY recorded_at, id LIMIT :most

-- name: dump_claims
SELECT * FROM claims
WHERE group_num = :group AND recorded_at <= :until AND (recorded_at, id) > (:at, :id)
    AND (predicate = :link) = :links
ORDER BY recorded_at, id LIMIT :most

-- name: dump_entities
SELECT id, embedding FROM entities
WHERE group_num = :group AND id > :id AND embedding IS NOT NULL
ORDER BY id LIMIT :most

-- What `kgmem doctor` looks at.

-- name: health_groups
SELECT
    g.name AS "group",
    (SELECT count(*) FROM episodes WHERE group_num = g.num) AS episodes,
    (SELECT count(*) FROM entities WHERE group_num = g.num) AS entities,
    (SELECT count(*) FROM claims WHERE group_num = g.num) AS claims,
    (SELECT count(*) FROM facts WHERE group_num = g.num AND expired_at IS NULL) AS facts,
    (SELECT count(*) FROM facts WHERE group_num = g.num AND expired_at IS NOT NULL) AS expired_facts,
    (SELECT count(*) FROM failures JOIN episodes ON episodes.id = failures.episode
        WHERE failures.group_num = g.num) AS failures
FROM groups AS g ORDER BY g.name

-- name: health_orphans
SELECT * FROM (
    SELECT 'claims without their episode' AS what, count(*) AS found, min(id) AS example FROM claims
    WHERE episode_num IS NOT NULL AND episode_num NOT IN (SELECT num FROM episodes)
    UNION ALL
    SELECT 'claims about no entity', count(*), min(id) FROM claims
    WHERE subject_num NOT IN (SELECT num FROM entities)
        OR (object_num IS NOT NULL AND object_num NOT IN (SELECT num FROM entities))
    UNION ALL
    SELECT 'facts without claims', count(*), min(id) FROM facts
    WHERE num NOT IN (SELECT s.fact FROM support AS s JOIN claims AS c ON c.num = s.claim)
    UNION ALL
    SELECT 'facts between entities that are not there', count(*), min(id) FROM facts
    WHERE subject_num NOT IN (SELECT num FROM entities)
        OR object_num NOT IN (SELECT num FROM entities)
    UNION ALL
    SELECT 'entities that nobody mentions', count(*), min(id) FROM entities
    WHERE num NOT IN (SELECT subject_num FROM claims)
        AND num NOT IN (SELECT object_num FROM claims WHERE object_num IS NOT NULL)
    UNION ALL
    SELECT 'failures of no episode', count(*), min(episode) FROM failures
    WHERE episode NOT IN (SELECT id FROM episodes)
)
WHERE found > 0

-- name: health_vectors
SELECT count(*) AS found FROM (
    SELECT embedding FROM episodes UNION ALL
    SELECT embedding FROM claims UNION ALL
    SELECT embedding FROM entities
)
WHERE length(embedding) <> 4 * coalesce((SELECT value FROM settings WHERE name = 'dimension'), 0)

-- name: scrub
INSERT INTO facts_text (facts_text) VALUES ('optimize');
INSERT INTO episodes_text (episodes_text) VALUES ('optimize');
INSERT INTO entities_text (entities_text) VALUES ('optimize');
VACUUM;
