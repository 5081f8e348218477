"""kafka-python's record classes; importing it uses a deprecated function of the standard library, which is not our matter."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
    from kafka.record.memory_records import MemoryRecords

__all__ = ["DefaultRecordBatch", "DefaultRecordBatchBuilder", "MemoryRecords"]
