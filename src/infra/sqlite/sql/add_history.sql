-- Add numbers to those of a minute or an hour.
--   1: grain   2: its beginning   3: queue   4: type   5 ...: the values of history_row.HISTORY_COUNTERS
INSERT INTO backstage_history AS stored (grain, at, queue, type, {history_counters}) VALUES (?, ?, ?, ?, {history_values})
    ON CONFLICT (grain, at, queue, type) DO UPDATE SET {history_added}
