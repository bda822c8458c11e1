// BullMQ at the best settings that were found: automatic pipelining is its client's own, concurrency 100 for drains.
// Finished jobs are kept, as ours are.

import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import * as common from "./common.mjs";

const { scene } = common;
const url = new URL(scene.url);
const prefix = `{${url.searchParams.get("prefix") ?? "bullmq"}}`;
const CONCURRENCY = 100;

const connect = () =>
  new Redis({ host: url.hostname, port: Number(url.port || 6379), maxRetriesPerRequest: null });
const newWorker = (run) =>
  new Worker("benchmark", run, { connection: connect(), prefix, concurrency: CONCURRENCY, autorun: false });
let queue;
const opened = () => (queue ??= new Queue("benchmark", { connection: connect(), prefix }));
const add = (n) => opened().add("no-op", common.payload(n));
const addMany = (numbers) => opened().addBulk(numbers.map((n) => ({ name: "no-op", data: common.payload(n) })));

async function work(count) {
  const worker = newWorker(async () => null);
  let tasks = 0;
  const done = new Promise((resolve) => {
    worker.on("completed", () => {
      count(1);
      if (++tasks === scene.tasks) resolve();
    });
    worker.on("drained", () => scene.processes > 1 && setTimeout(resolve, 500));
  });
  worker.run();
  await done;
}

async function start(arrived) {
  const worker = newWorker(async (job) => { arrived(job.data.n); return null; });
  await worker.waitUntilReady();
  worker.run();
  return () => worker.close();
}

await common.answer({
  enqueue_one: () => common.enqueueOne(add),
  enqueue_concurrently: () => common.enqueueConcurrently(add),
  enqueue_many: () => common.enqueueMany(add, addMany),
  fill: () => common.fill(addMany),
  drain: () => common.drain(work),
  latency: () => common.latency(start, add),
});
