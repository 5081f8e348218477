"""What a span says of its batches beside where they lie, as numbers that are stored and never change."""

FLAG_FINAL_OFFSETS = 1
FLAG_COMPACTED = 2
FLAG_COMMIT_MARKER = 4
FLAG_ABORT_MARKER = 8
FLAG_TRANSACTIONAL = 16
FLAG_LOG_APPEND_TIME = 32

MARKER_BYTES = 78
"""The size of the batch that a transaction's marker is read as. A marker is one span without an object: its ``object_id`` is
-(producer epoch + 1), its ``position`` the producer id, its flags FLAG_COMMIT_MARKER or FLAG_ABORT_MARKER, FLAG_TRANSACTIONAL and
FLAG_FINAL_OFFSETS, its timestamps the time at which the transaction ended."""
