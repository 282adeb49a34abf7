// Words of episodes.
// The scope is a word that stands for the group, so that a search never leaves it.
CREATE FULLTEXT INDEX kgmem_episode_text IF NOT EXISTS
FOR (e:Episode) ON EACH [e.scope, e.words]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'english'}}
