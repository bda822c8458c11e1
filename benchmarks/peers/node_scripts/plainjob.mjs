// plainjob on better-sqlite3, synchronous=normal, ten workers in one process. It keeps jobs that are done.

import Database from "better-sqlite3";
import { better, defineQueue, defineWorker } from "plainjob";
import * as common from "./common.mjs";

const { scene } = common;
const WORKERS = 10;
const path = decodeURIComponent(new URL(scene.url).pathname);
const silent = { error: console.error, warn() {}, info() {}, debug() {} };

let queue;
const opened = () => (queue ??= defineQueue({ connection: better(new Database(path)), logger: silent }));
const add = async (n) => opened().add("no-op", common.payload(n));
const addMany = async (numbers) => opened().addMany("no-op", numbers.map(common.payload));

async function work(count) {
  let tasks = 0;
  await new Promise((resolve) => {
    const onCompleted = () => {
      count(1);
      if (++tasks === scene.tasks) resolve();
    };
    for (let n = 0; n < WORKERS; n++) {
      defineWorker("no-op", async () => {}, { queue: opened(), logger: silent, onCompleted }).start();
    }
  });
}

await common.answer({
  enqueue_one: () => common.enqueueOne(add),
  enqueue_concurrently: () => common.enqueueConcurrently(add),
  enqueue_many: () => common.enqueueMany(add, addMany),
  fill: () => common.fill(addMany),
  drain: () => common.drain(work),
});
