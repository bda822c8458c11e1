// pg-boss, 500 jobs at once in two loops that fetch and complete. It keeps completed jobs.

import { PgBoss } from "pg-boss";
import * as common from "./common.mjs";

const { scene } = common;
const QUEUE = "no-op";
const BATCH = 500;
const LOOPS = 2;

let boss;
const opened = async () => {
  if (!boss) {
    boss = new PgBoss({ connectionString: scene.url, supervise: false, schedule: false });
    boss.on("error", console.error);
    await boss.start();
    await boss.createQueue(QUEUE);
  }
  return boss;
};
const add = async (n) => (await opened()).send(QUEUE, common.payload(n));
const addMany = async (numbers) => (await opened()).insert(QUEUE, numbers.map((n) => ({ data: common.payload(n) })));

async function work(count) {
  await opened();
  const loop = async () => {
    for (;;) {
      const jobs = await boss.fetch(QUEUE, { batchSize: BATCH });
      if (!jobs.length) return;
      await Promise.all(jobs.map(async () => count(1)));
      await boss.complete(QUEUE, jobs.map((job) => job.id));
    }
  };
  await Promise.all(Array.from({ length: LOOPS }, loop));
}

async function start(arrived) {
  await opened();
  await boss.work(QUEUE, { pollingIntervalSeconds: 0.5 }, async ([job]) => arrived(job.data.n));
  return () => boss.stop({ graceful: false });
}

await common.answer({
  enqueue_one: () => common.enqueueOne(add),
  enqueue_concurrently: () => common.enqueueConcurrently(add),
  enqueue_many: () => common.enqueueMany(add, addMany),
  fill: () => common.fill(addMany),
  drain: () => common.drain(work),
  latency: () => common.latency(start, add),
});
