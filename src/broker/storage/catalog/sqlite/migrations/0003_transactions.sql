-- Transactions.

-- transactional_id is a JSON string, as clients may put any character into it. pids, group_ids: JSON, of the transaction that is open.
CREATE TABLE transactions (
    transactional_id     TEXT PRIMARY KEY,
    producer_id          INTEGER NOT NULL,
    epoch                INTEGER NOT NULL,
    timeout_ms           INTEGER NOT NULL,
    status               INTEGER NOT NULL,
    started_ms           INTEGER NOT NULL,
    updated_ms           INTEGER NOT NULL,
    pids                 TEXT NOT NULL,
    group_ids            TEXT NOT NULL,
    last_epoch           INTEGER NOT NULL,
    previous_producer_id INTEGER NOT NULL
) WITHOUT ROWID;

-- Offsets that take effect when their transaction commits; texts as in group_offsets.
CREATE TABLE transaction_offsets (
    transactional_id TEXT NOT NULL,
    group_id         TEXT NOT NULL,
    topic            TEXT NOT NULL,
    partition_index  INTEGER NOT NULL,
    offset_value     INTEGER NOT NULL,
    leader_epoch     INTEGER NOT NULL,
    metadata         TEXT NOT NULL,
    commit_ms        INTEGER NOT NULL,
    expire_ms        INTEGER NOT NULL,
    topic_id         TEXT NOT NULL,
    PRIMARY KEY (transactional_id, group_id, topic, partition_index)
) WITHOUT ROWID;

-- last_offset is that of the marker; stable_behind the partition's last stable offset once it was written.
CREATE TABLE aborted_transactions (
    pid           INTEGER NOT NULL,
    last_offset   INTEGER NOT NULL,
    first_offset  INTEGER NOT NULL,
    producer_id   INTEGER NOT NULL,
    stable_behind INTEGER NOT NULL,
    PRIMARY KEY (pid, last_offset)
) WITHOUT ROWID;
CREATE INDEX aborted_by_stable ON aborted_transactions (pid, stable_behind);
