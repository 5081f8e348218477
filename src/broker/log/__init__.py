"""The log of every partition: taking records in, giving them back, letting them go.

Agents (they wait; each owns its state):

    writer                 collects checked batches and commits them in groups: the order of every partition
    pipelined_writer       the same in a cluster, with several groups on their way at once
    reader                 answers fetches from the tail cache or the store; long poll
    cleaner                retention, dead objects, idle producers
    compactor              has compacted topics rewritten, a part of a log at a time; the work is done by `rewriter`, in a process of its own
    producer_id_allocator  hands out producer ids from blocks that the catalog reserves

Shared state between them (sync, in memory): `tail_cache` (the newest batches), `waiting_room` (who waits for more),
`batch_marks` (where batches begin in stored spans).

Rules (pure): `validation` (may a batch be appended), `visibility` (what a reader may see), `fetch_plan` (which bytes answer a
fetch), `compaction_rules` (which records stay), `stored_batches` (are the bytes read the bytes written), `fetch_session` (KIP-227), `retention`, `timestamps`,
`gathering` and `flush_policy` (when the writers make a group).
"""
