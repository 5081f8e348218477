-- Who may do what: rules (1), SCRAM credentials (2), delegation tokens (3), quotas (4). The value is JSON of a form that its owner versions.
CREATE TABLE access (
    kind  INTEGER NOT NULL,
    name  TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
