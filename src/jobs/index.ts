export { capabilities, type Capabilities, type Capability } from './capabilities.js'
export { consume } from './consume.js'
export type { ConsumeOptions, JobWork } from './consume-options.js'
export { currentJob } from './current-job.js'
export type { Delivery, Source } from './delivery.js'
export type { EngineOptions } from './engine.js'
export { Discard, JobGone, LeaseLost } from './errors.js'
export type { Job } from './job.js'
export type { JobEvent } from './job-event.js'
export type { AddOptions, DeadLetter, DeadLetters, Jobs, JobStatus, NewJob } from './jobs.js'
export { memoryJobs, type MemoryJobsOptions } from './engines/memory.js'
export { postgresJobs, type PostgresJobsOptions } from './engines/postgres.js'
export type { PostgresClient, PostgresPool, PostgresResult } from './engines/postgres-pool.js'
export { redisJobs, type RedisJobsOptions } from './engines/redis.js'
export type { IoredisClient, NodeRedisClient } from './engines/redis-client.js'
export { sqliteJobs, type SqliteJobsOptions } from './engines/sqlite.js'
export { natsJobs, type NatsJobsOptions } from './engines/nats.js'
export type { NatsConnection, NatsMessage, NatsSubscription } from './engines/jetstream.js'
export { rabbitmqJobs, type RabbitmqJobsOptions } from './engines/rabbitmq.js'
export type { AmqpChannel, AmqpConnection, AmqpMessage } from './engines/amqp-session.js'
export {
  bullDeadLetters,
  bullProcessor,
  type BullJob,
  type BullProcessor,
  type BullProcessorOptions,
  type BullQueue,
} from './engines/bullmq.js'
export { memoryStore } from './fleet/memory-store.js'
export { postgresStore, type PostgresStoreOptions } from './fleet/postgres-store.js'
export { redisStore } from './fleet/redis-store.js'
export type { RemotePermit } from './fleet/remote-permit.js'
export { RemoteLock, RemoteSemaphore, type RemoteSemaphoreOptions } from './fleet/remote-semaphore.js'
export { RemoteRateLimiter, type RemoteRateLimiterOptions } from './fleet/remote-rate-limiter.js'
export type { FleetStore } from './fleet/store.js'
export { consumeModule } from './remote/consume-module.js'
export { RemotePool, type RemotePoolOptions } from './remote/remote-pool.js'
export type { JobState } from './remote/record-calls.js'
export type { JobCall } from './remote/job-call.js'
