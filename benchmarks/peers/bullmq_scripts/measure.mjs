// Makes one measurement of BullMQ: `node measure.mjs NAME SCENE`, SCENE as JSON. Writes the numbers as one line of JSON.
//
// Its settings are the best that were found: automatic pipelining is its client's own, concurrency 100 for drains.
// Finished jobs are kept, as ours are. Moments are of the host's monotonic clock, which Python's are, too.

import { createInterface } from "node:readline";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";

const [name, sceneJson] = process.argv.slice(2);
const scene = JSON.parse(sceneJson);
const url = new URL(scene.url);
const prefix = `{${url.searchParams.get("prefix") ?? "bullmq"}}`;
const CONCURRENCY = 100;
const PRODUCERS = 50;
const FILLED_AT_ONCE = 1000;
const PAUSE_MS = 20;

const connect = () =>
  new Redis({ host: url.hostname, port: Number(url.port || 6379), maxRetriesPerRequest: null });
const now = () => Number(process.hrtime.bigint()) / 1e9;
const cpu = () => {
  const used = process.cpuUsage();
  return (used.user + used.system) / 1e6;
};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const newQueue = () => new Queue("benchmark", { connection: connect(), prefix });
const newWorker = (run) =>
  new Worker("benchmark", run, { connection: connect(), prefix, concurrency: CONCURRENCY, autorun: false });

function line() {
  const input = createInterface({ input: process.stdin });
  return new Promise((resolve) => input.once("line", (text) => { input.close(); resolve(text); }));
}

async function timed(tasks, work) {
  const [begun, spent] = [now(), cpu()];
  await work();
  return { tasks_per_s: tasks / (now() - begun), cpu_us: ((cpu() - spent) / tasks) * 1e6 };
}

const measurements = {
  async enqueue_one(queue) {
    await queue.add("no-op", { n: -1 });
    return timed(scene.tasks, async () => {
      for (let n = 0; n < scene.tasks; n++) await queue.add("no-op", { n });
    });
  },

  async enqueue_concurrently(queue) {
    await queue.add("no-op", { n: -1 });
    const produce = async (first) => {
      for (let n = first; n < scene.tasks; n += PRODUCERS) await queue.add("no-op", { n });
    };
    return timed(scene.tasks, () => Promise.all(Array.from({ length: PRODUCERS }, (_, first) => produce(first))));
  },

  async enqueue_many(queue) {
    await queue.add("no-op", { n: -1 });
    return timed(scene.tasks, () => fill(queue));
  },

  async fill(queue) {
    await fill(queue);
    return {};
  },

  // Says that it is ready, waits to be told to go, and works until nothing waits any more.
  async drain() {
    let [tasks, ended, spent] = [0, 0, 0];
    const worker = newWorker(async () => null);
    await worker.waitUntilReady();
    const done = new Promise((resolve) => {
      worker.on("completed", () => {
        tasks++;
        [ended, spent] = [now(), cpu()];
        if (scene.processes === 1 && tasks === scene.tasks) resolve();
      });
      worker.on("drained", () => scene.processes > 1 && setTimeout(resolve, 500));
    });
    console.log("ready");
    await line();
    const [begun, spentBefore] = [now(), cpu()];
    worker.run();
    await done;
    await worker.close();
    return { begun, ended, cpu_s: spent - spentBefore, tasks };
  },

  async latency(queue) {
    const [asked, waits] = [new Map(), []];
    const worker = newWorker(async (job) => {
      waits.push((now() - asked.get(job.data.n)) * 1e3);
      return null;
    });
    await worker.waitUntilReady();
    worker.run();
    await pause(PAUSE_MS * 10);
    for (let n = 0; n < scene.tasks; n++) {
      await pause(PAUSE_MS);
      asked.set(n, now());
      await queue.add("no-op", { n });
    }
    while (waits.length < scene.tasks) await pause(PAUSE_MS);
    await worker.close();
    return { waits };
  },
};

async function fill(queue) {
  for (let first = 0; first < scene.tasks; first += FILLED_AT_ONCE) {
    const number = Math.min(FILLED_AT_ONCE, scene.tasks - first);
    await queue.addBulk(Array.from({ length: number }, (_, n) => ({ name: "no-op", data: { n: first + n } })));
  }
}

const queue = name === "drain" ? null : newQueue();
const numbers = await measurements[name](queue);
console.log(JSON.stringify(numbers));
process.exit(0);
