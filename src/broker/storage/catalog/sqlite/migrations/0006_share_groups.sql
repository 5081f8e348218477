-- Share groups (KIP-932) and their members, a row each. group_id and member_id are JSON strings, as clients may put any character into
-- them.

CREATE TABLE share_groups (
    group_id         TEXT PRIMARY KEY,
    group_epoch      INTEGER NOT NULL,
    assignment_epoch INTEGER NOT NULL,
    topics_digest    TEXT NOT NULL,
    state_ms         INTEGER NOT NULL
) WITHOUT ROWID;

-- details: JSON, what the member subscribes to, where it stands, what it has and what it is to have.
CREATE TABLE share_group_members (
    group_id  TEXT NOT NULL,
    member_id TEXT NOT NULL,
    details   TEXT NOT NULL,
    PRIMARY KEY (group_id, member_id)
) WITHOUT ROWID;
