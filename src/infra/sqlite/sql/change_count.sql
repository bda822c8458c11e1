-- Add to the count of one queue, type and state.
--   1: state   2: queue   3: type   4: change of tasks   5: change of pruned
INSERT INTO backstage_counts (state, queue, type, tasks, pruned) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (state, queue, type) DO UPDATE SET tasks = tasks + excluded.tasks, pruned = pruned + excluded.pruned
