// What every peer's script shares: `node PEER.mjs NAME SCENE`, SCENE as JSON. Writes the numbers as one line of JSON.
//
// Moments are of the host's monotonic clock, which Python's are, too.

import { createInterface } from "node:readline";

const [name, sceneJson] = process.argv.slice(2);
export const scene = JSON.parse(sceneJson);
export const PRODUCERS = 50;
const AT_ONCE = 1000;
const PAUSE_MS = 20;

export const now = () => Number(process.hrtime.bigint()) / 1e9;
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const payload = (n) => (scene.payload_bytes ? { n, text: "x".repeat(scene.payload_bytes) } : { n });
const cpu = () => {
  const used = process.cpuUsage();
  return (used.user + used.system) / 1e6;
};

async function timed(work) {
  const [begun, spent] = [now(), cpu()];
  await work();
  return { tasks_per_s: scene.tasks / (now() - begun), cpu_us: ((cpu() - spent) / scene.tasks) * 1e6 };
}

// One task after the other; `add(n)` stores the task with that number.
export async function enqueueOne(add) {
  await add(-1);
  return timed(async () => {
    for (let n = 0; n < scene.tasks; n++) await add(n);
  });
}

// From 50 producers at once.
export async function enqueueConcurrently(add) {
  await add(-1);
  const produce = async (first) => {
    for (let n = first; n < scene.tasks; n += PRODUCERS) await add(n);
  };
  return timed(() => Promise.all(Array.from({ length: PRODUCERS }, (_, first) => produce(first))));
}

// `addMany(numbers)` stores a batch of 1,000.
export async function fill(addMany) {
  for (let first = 0; first < scene.tasks; first += AT_ONCE) {
    const number = Math.min(AT_ONCE, scene.tasks - first);
    await addMany(Array.from({ length: number }, (_, n) => first + n));
  }
  return {};
}

export async function enqueueMany(add, addMany) {
  await add(-1);
  return timed(() => fill(addMany));
}

// Says that it is ready, waits to be told to go, and works; `work(count)` resolves when all ends are stored.
export async function drain(work) {
  let tasks = 0;
  console.log("ready");
  await line();
  const [begun, spent] = [now(), cpu()];
  await work((number) => (tasks += number));
  return { begun, ended: now(), cpu_s: cpu() - spent, tasks };
}

// `asked` maps a task's number to the moment before it was enqueued; the worker calls `arrived(n)`.
export async function latency(start, add) {
  const [asked, waits] = [new Map(), []];
  const stop = await start((n) => waits.push((now() - asked.get(n)) * 1e3));
  await pause(PAUSE_MS * 10);
  for (let n = 0; n < scene.tasks; n++) {
    await pause(PAUSE_MS);
    asked.set(n, now());
    await add(n);
  }
  while (waits.length < scene.tasks) await pause(PAUSE_MS);
  await stop();
  return { waits };
}

function line() {
  const input = createInterface({ input: process.stdin });
  return new Promise((resolve) => input.once("line", (text) => { input.close(); resolve(text); }));
}

export async function answer(measurements) {
  console.log(JSON.stringify(await measurements[name]()));
  process.exit(0);
}
