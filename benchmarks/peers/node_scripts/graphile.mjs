// graphile-worker at the fastest settings that its documentation names: a local queue of 2,000 jobs, and batched
// completion. It deletes a job that has succeeded.

import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";
import * as common from "./common.mjs";

const { scene } = common;
const LOCAL_QUEUE = 2000;
const CONCURRENCY = 24;
const LOOK_MS = 2;
const pool = new pg.Pool({ connectionString: scene.url, max: 10 });
pool.on("error", console.error);
pool.on("connect", (client) => client.on("error", console.error));
const logger = new Logger(() => (level, message) => level === "error" && console.error(message));

let utils;
const opened = async () => {
  if (!utils) {
    utils = await makeWorkerUtils({ pgPool: pool, logger });
    await utils.migrate();
  }
  return utils;
};
const add = async (n) => (await opened()).addJob("no-op", common.payload(n));
const addMany = async (numbers) =>
  (await opened()).addJobs(numbers.map((n) => ({ identifier: "no-op", payload: common.payload(n) })));

const newRunner = (handler) =>
  run({
    pgPool: pool,
    logger,
    noHandleSignals: true,
    taskList: { "no-op": handler },
    preset: {
      worker: {
        concurrentJobs: CONCURRENCY,
        localQueue: { size: LOCAL_QUEUE },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
  });

// Until no job is left in the table: one that has run is deleted by the next batch.
async function work(count) {
  let tasks = 0;
  await newRunner(async () => { count(1); tasks++; });
  for (;;) {
    if (scene.processes > 1 || tasks >= scene.tasks) {
      const { rows } = await pool.query("SELECT EXISTS (SELECT FROM graphile_worker.jobs) AS some");
      if (!rows[0].some) return;
    }
    await common.pause(LOOK_MS);
  }
}

async function start(arrived) {
  const runner = await newRunner(async (job) => arrived(job.n));
  return () => runner.stop();
}

await common.answer({
  enqueue_one: () => common.enqueueOne(add),
  enqueue_concurrently: () => common.enqueueConcurrently(add),
  enqueue_many: () => common.enqueueMany(add, addMany),
  fill: () => common.fill(addMany),
  drain: () => common.drain(work),
  latency: () => common.latency(start, add),
});
