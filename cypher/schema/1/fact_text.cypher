// Words of facts, believed now or once.
// The scope is a word that stands for the group, so that a search never leaves it.
CREATE FULLTEXT INDEX kgmem_fact_text IF NOT EXISTS
FOR ()-[r:FACT|EXPIRED_FACT]-() ON EACH [r.scope, r.text]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'english'}}
