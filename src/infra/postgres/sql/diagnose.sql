-- What a doctor asks of the server and of the store, in one row. Needs no more than a worker's privileges; what belongs
-- to other users' sessions is seen as far as the role may see it.
--   $1 the schema
SELECT current_setting('server_version') AS version,
       current_setting('fsync') AS fsync,
       current_setting('full_page_writes') AS full_page_writes,
       current_setting('synchronous_commit') AS synchronous_commit,
       current_setting('autovacuum') AS autovacuum,
       pg_is_in_recovery() AS is_standby,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now,
       (SELECT max(extract(epoch FROM clock_timestamp() - xact_start))::double precision
          FROM pg_stat_activity
         WHERE datname = current_database() AND backend_xmin IS NOT NULL AND pid <> pg_backend_pid())
           AS oldest_snapshot,
       (SELECT count(*) FROM pg_replication_slots WHERE xmin IS NOT NULL OR catalog_xmin IS NOT NULL) AS slots,
       (SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()) AS prepared_transactions,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
       current_setting('max_connections')::integer AS max_connections,
       (SELECT coalesce(sum(pg_total_relation_size(relid)), 0)::bigint FROM pg_stat_user_tables
         WHERE schemaname = $1::text AND relname LIKE 'backstage\_%') AS bytes,
       (SELECT coalesce(sum(n_live_tup), 0)::bigint FROM pg_stat_user_tables
         WHERE schemaname = $1::text AND relname = 'backstage_live') AS live_tuples,
       (SELECT coalesce(sum(n_dead_tup), 0)::bigint FROM pg_stat_user_tables
         WHERE schemaname = $1::text AND relname = 'backstage_live') AS dead_tuples
