"""What other systems call their options, calls and events: every one of them has a row on the page for it."""

from __future__ import annotations

OPTIONS = {
    "streams-worker": """
        host port password db consumerGroup workerId blockTimeout idleTimeout maxDeliveries gracePeriod
        reclaimerInterval silent handler worker.on worker.start worker.stop worker.enqueue worker.schedule
        priority Priority.URGENT next delay payload SIGTERM SIGINT SIGQUIT
    """,
    "backstage-sdk": """
        worker.enqueue worker.schedule worker.redis worker.workerId priority URGENT DEFAULT LOW queue delay
        dedupe key ttl attempts backoff type fixed exponential maxDelay timeout Queue softTimeout hardTimeout
        maxRetries Stream queues Scheduler schedules scheduler.start CronTask schedule taskName args Broadcast
        worker redis workerId broadcast.initialize broadcast.send REDIS_HOST REDIS_PORT REDIS_PASSWORD
        REDIS_DB BACKSTAGE_CONSUMER_GROUP BACKSTAGE_WORKER_ID LoggerConfig
    """,
    "database-worker": """
        AppContext enqueueTask.execute type payload priority maxAttempts scheduledAt repo.workerTask.create
        status attempts WorkerTaskStatus cancelTask.execute taskId retryTask.execute resetAttempts
        getTaskStats.execute pending running completed failed cancelled total cleanupOldTasks PENDING RUNNING
        COMPLETED FAILED CANCELLED TaskHandlerRegistration timeout handler registerHandler context.task
        workerId isShuttingDown success result error eventBus.on worker-task:created worker-task:started
        worker-task:completed worker-task:failed task duration willRetry JOB_CONCURRENCY JOB_TIMEOUT
        concurrency pollInterval taskTimeout lockDuration taskTypes staleTaskCheckInterval worker_tasks
    """,
    "provider-worker": """
        NewRedisProvider DefaultRedisProviderConfig worker.New DefaultConfig Register HandlerFunc Use Start
        ProvideWorker fx.Invoke EnqueueTask ID Payload Metadata type MaxRetry Timeout CreatedAt Concurrency
        BackoffStrategy BackoffExponential BaseBackoff MaxBackoff ShutdownTimeout PollInterval ErrorBackoff
        Stream Group Consumer Count Block ClaimMinIdle ClaimCount EnableAutoClaim DLQStream MaxLen
        RecoveryMiddleware LoggingMiddleware MetricsMiddleware TracingMiddleware TimeoutMiddleware
        CustomMiddleware MetricsCollector ctx.Done CorrelationID Provider Fetch Ack Nack Close
    """,
    "queue-service-worker": """
        WorkerService logger redisConnection databaseService initServices registerProcessor queueName
        processor workerConfig deadLetterQueueName start stop setupGracefulShutdown getHealth getMetrics
        pauseAll resumeAll getProcessors QueueProcessorService connection initialize close processor.getHealth
        processor.getMetrics processor.pause processor.resume concurrency attempts backoff type delay
        removeOnComplete removeOnFail count stalledInterval lockDuration drainDelay healthy processors
        isRunning isPaused metrics database processed completed failed active averageProcessingTime
        successRate failureRate QUEUE_NAMES EMAIL_JOB_TYPES WORKER_CONFIG job.data ConfigurationError
        UnknownJobTypeError InvalidJobDataError field message EmailDispatchError WORKER_MESSAGES WORKER_ERRORS
        JOB_COMPLETED WORKER_READY JOB_FAILED STARTUP_FAILED
    """,
    "celery": """
        app.task name bind self.request.id self.request.retries max_retries autoretry_for dont_autoretry_for throws
        retry_backoff retry_backoff_max retry_jitter default_retry_delay self.retry countdown Ignore Reject
        time_limit soft_time_limit acks_late reject_on_worker_lost ignore_result track_started serializer pydantic
        rate_limit delay apply_async send_task eta queue task_routes priority task_id headers expires
        delay_on_commit AsyncResult AsyncResult.get revoke terminate chain link link_error group chord
        -A -Q -c worker_concurrency --pool worker_prefetch_multiplier worker_max_tasks_per_child broker_url
        result_backend visibility_timeout result_expires task_default_queue task_always_eager beat_schedule
        crontab timezone purge control.broadcast worker_ready task_success task_failure
    """,
    "rq": """
        Queue.enqueue enqueue_call enqueue_in enqueue_at enqueue_many job_timeout result_ttl failure_ttl ttl job_id
        unique at_front description meta Retry max interval depends_on Repeat on_success on_failure webhooks
        rate_limit is_async Job.fetch job.get_status job.return_value latest_result job.exc_info job.cancel
        send_stop_job_command job.requeue job.delete get_current_job job.save_meta FailedJobRegistry
        ScheduledJobRegistry StartedJobRegistry FinishedJobRegistry --burst --url SimpleWorker SpawnWorker
        --with-scheduler CronScheduler exception_handlers rq-dashboard
    """,
    "arq": """
        create_pool enqueue_job _job_id _queue_name _defer_by _defer_until _expires _job_try Job.result Job.status
        Job.info Job.abort allow_abort_jobs queued_jobs all_job_results ctx func name timeout max_tries Retry defer
        keep_result keep_result_forever on_startup on_shutdown on_job_start on_job_end after_job_end
        job_serializer job_deserializer WorkerSettings functions queue_name redis_settings burst max_jobs
        job_timeout retry_jobs poll_delay queue_read_limit job_completion_wait handle_signals
        health_check_interval health_check_key --check --watch cron_jobs cron hour minute second weekday day month
        unique run_at_startup timezone
    """,
    "dramatiq": """
        dramatiq.actor actor_name queue_name priority max_retries min_backoff max_backoff retry_when throws
        on_retry_exhausted on_failure on_success Retry delay time_limit max_age notify_shutdown Shutdown
        store_results CurrentMessage AsyncIO send send_with_options message_id message.get_result pipeline
        pipe_target pipe_ignore group add_completion_callback RedisBroker set_broker RabbitmqBroker StubBroker
        namespace dead_message_ttl --processes --threads --queues --watch --worker-shutdown-timeout
        heartbeat_timeout Middleware add_middleware Prometheus ConcurrentRateLimiter WindowRateLimiter
        BucketRateLimiter Barrier
    """,
    "procrastinate": """
        app.task name aliases pass_context context.job context.should_abort retry RetryStrategy max_attempts wait
        linear_wait exponential_wait retry_exceptions RetryDecision retry_in queue priority lock queueing_lock
        AlreadyEnqueued task_middleware worker_middleware defer defer_async configure batch_defer_async schedule_in
        schedule_at connection configure_task periodic cron periodic_id cancel_job_by_id_async abort
        retry_job_by_id_async list_jobs_async get_stalled_jobs retry_stalled_jobs run_worker_async import_paths
        queues concurrency fetch_job_polling_interval listen_notify abort_job_polling_interval
        shutdown_graceful_timeout delete_jobs remove_old_jobs update_heartbeat_interval stalled_worker_timeout
        PsycopgConnector SyncPsycopgConnector InMemoryConnector procrastinate.contrib.django
    """,
    "bullmq": """
        queue.add queue.addBulk delay priority lifo attempts backoff type jitter jobId deduplication id ttl
        removeOnComplete removeOnFail sizeLimit FlowProducer upsertJobScheduler pattern every tz removeJobScheduler
        Worker job.data job.name job.id job.attemptsMade job.updateProgress job.log job.extendLock
        job.moveToDelayed DelayedError UnrecoverableError job.discard concurrency lockDuration stalledInterval
        maxStalledCount drainDelay limiter useWorkerThreads worker.close worker.pause worker.resume queue.pause
        queue.resume queue.getJob queue.getJobs queue.getJobCounts queue.clean queue.drain queue.obliterate
        queue.getWorkers job.retry queue.retryJobs job.remove job.waitUntilFinished job.returnvalue
        job.failedReason job.stacktrace waiting active completed failed delayed QueueEvents prefix connection
    """,
}
