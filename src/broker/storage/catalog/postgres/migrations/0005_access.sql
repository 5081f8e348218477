-- Who may do what: rules (1), SCRAM credentials (2), delegation tokens (3), quotas (4). value: JSON of a form that its owner versions, null when the entry was
-- removed; it then stays for the brokers that have not heard of that yet. version: of metadata, when it last changed.
CREATE TABLE access (
    kind      smallint NOT NULL,
    name      bytea NOT NULL,
    full_name bytea NOT NULL,
    value     bytea,
    version   bigint NOT NULL,
    removed   timestamptz,
    PRIMARY KEY (kind, name)
);
CREATE INDEX access_by_version ON access (version);
