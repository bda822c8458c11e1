DROP TABLE backstage_run_logs;
DROP TABLE backstage_event_logs;
DROP TABLE backstage_task_events;
