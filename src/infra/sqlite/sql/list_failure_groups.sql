-- Groups of failures, the latest first, from after one of them.
--   :since (us)   :moment, :fingerprint of the last group before, NULL: none   :type NULL: any   :limit
SELECT {failure_group}
  FROM backstage_failure_groups AS failure_group
 WHERE last_seen >= :since AND (:moment IS NULL OR (last_seen, fingerprint) < (:moment, :fingerprint))
   AND (:type IS NULL OR task_type = :type)
 ORDER BY last_seen DESC, fingerprint DESC
 LIMIT :limit
