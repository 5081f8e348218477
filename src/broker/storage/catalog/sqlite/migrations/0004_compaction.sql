-- Compaction: up to where each log was compacted. A log that never was has no row.

CREATE TABLE cleanings (
    pid        INTEGER PRIMARY KEY,
    cleaned_to INTEGER NOT NULL
);
