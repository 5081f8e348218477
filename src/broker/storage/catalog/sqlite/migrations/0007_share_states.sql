-- What share groups (KIP-932) have done with the records of partitions. group_id is a JSON string, as clients may put any character
-- into it. start_offset is -1 until somebody has found out where to begin.
CREATE TABLE share_states (
    share_id        INTEGER PRIMARY KEY,
    group_id        TEXT NOT NULL,
    topic_id        BLOB NOT NULL,
    partition_index INTEGER NOT NULL,
    state_epoch     INTEGER NOT NULL,
    start_offset    INTEGER NOT NULL,
    leader_epoch    INTEGER NOT NULL,
    UNIQUE (group_id, topic_id, partition_index)
);
CREATE INDEX share_states_of_topic ON share_states (topic_id);

-- Changes of a state, laid over each other in order of change_id. runs: JSON, [[first, last, state, deliveries], ...].
CREATE TABLE share_changes (
    change_id INTEGER PRIMARY KEY,
    share_id  INTEGER NOT NULL,
    runs      TEXT NOT NULL
);
CREATE INDEX share_changes_of_state ON share_changes (share_id);
