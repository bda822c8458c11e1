"""What each system of the kind calls its options, calls and events: every one of them has a row on the page for it."""

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
}
