// Words of facts, believed now or once, and of their relation, which the words may only imply.
// The scope is a word that stands for the group, so that a search never leaves it.
CREATE FULLTEXT INDEX kgmem_fact_text IF NOT EXISTS
FOR ()-[r:FACT|EXPIRED_FACT]-() ON EACH [r.scope, r.words]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'english'}}
