/** A queue of jobs on BullMQ, and its worker; the port of Redis is the argument. */
import { setImmediate as turn } from 'node:timers/promises'
import { FlowProducer, Queue, QueueEvents, UnrecoverableError, Worker } from 'bullmq'

const connection = { host: '127.0.0.1', port: Number(process.argv[2]), maxRetriesPerRequest: null }
const queue = new Queue('mail', { connection })
const events = new QueueEvents('mail', { connection })
await events.waitUntilReady()

const attempts = new Map()
async function send(job) {
  const { to } = job.data
  attempts.set(to, (attempts.get(to) ?? 0) + 1)
  await job.updateProgress(50)
  await turn()
  if (to === 'nobody') throw new UnrecoverableError('there is no such address')
  if (to === 'busy' && job.attemptsMade < 2) throw new Error('try again')
  await job.log(`sent to ${to}`)
  return `${to}: ${job.name}`
}

const worker = new Worker('mail', send, { connection, concurrency: 3 })
const failures = []
worker.on('failed', (job, error) => failures.push(`${job.data.to} ${job.attemptsMade} ${error.message}`))

const jobs = await queue.addBulk(
  ['ann', 'busy', 'nobody', 'bob'].map((to) => ({
    name: 'hello',
    data: { to },
    opts: { attempts: 3, backoff: { type: 'fixed', delay: 1 } },
  })),
)
const results = await Promise.allSettled(jobs.map(async (job) => await job.waitUntilFinished(events)))
for (const result of results) console.log(result.status, result.value ?? result.reason.message)
console.log(failures.sort(), Array.from(attempts).sort())
const { logs } = await queue.getJobLogs(jobs[0].id)
console.log(logs, (await queue.getJob(jobs[0].id)).progress)

const flow = new FlowProducer({ connection })
const parts = new Worker('parts', async (job) => job.data.n * 2, { connection })
const whole = new Worker(
  'whole',
  async (job) => Object.values(await job.getChildrenValues()).reduce((sum, n) => sum + n, 0),
  { connection },
)
const wholeEvents = new QueueEvents('whole', { connection })
await wholeEvents.waitUntilReady()
const { job } = await flow.add({
  name: 'sum',
  queueName: 'whole',
  children: [1, 2, 3].map((n) => ({ name: 'double', queueName: 'parts', data: { n } })),
})
console.log('sum', await job.waitUntilFinished(wholeEvents))
console.log(await queue.getJobCounts('completed', 'failed', 'waiting', 'active'))

await Promise.all([worker, parts, whole].map(async (each) => await each.close()))
await Promise.all([queue, events, wholeEvents, flow].map(async (each) => await each.close()))
console.log('closed')
