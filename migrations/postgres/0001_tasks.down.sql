-- Undo 0001_tasks.sql: every task is gone after it.
DROP VIEW backstage_task_rows;
DROP TABLE backstage_tasks, backstage_live, backstage_finished, backstage_attempts, backstage_count_changes,
    backstage_counts, backstage_lanes, backstage_dedupe, backstage_pauses, backstage_workers, backstage_schedules,
    backstage_broadcasts, backstage_broadcast_position;
DROP FUNCTION backstage_now();
