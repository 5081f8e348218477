-- How often what lies in an object was rewritten: 0 as it was appended; 2 and it is not rewritten again to get its space back.
ALTER TABLE objects ADD COLUMN level INTEGER NOT NULL DEFAULT 0;
UPDATE objects SET level = 2 WHERE object_id >= 1152921504606846976;

DROP TRIGGER write_flush;
CREATE TRIGGER write_flush INSTEAD OF INSERT ON flushes BEGIN
    INSERT INTO spans
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4,
               value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9
        FROM json_each(NEW.spans);
    INSERT OR REPLACE INTO logs
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
        FROM json_each(NEW.logs);
    INSERT INTO objects (object_id, live, data_end)
        SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(NEW.objects) WHERE true
        ON CONFLICT (object_id) DO UPDATE SET live = live + excluded.live, data_end = max(data_end, excluded.data_end);
    INSERT OR REPLACE INTO producers
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
        FROM json_each(NEW.producers);
    INSERT OR REPLACE INTO group_offsets
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8
        FROM json_each(NEW.offsets);
END;
