// Keeps the numbers of a page new. The stream says that something changed; the page is fetched once and its small
// parts are put in place by their ids. Rows never come, go or move: new ones are announced.

import { hearTold, toldUrl } from "./told.js";

const pill = document.querySelector("[data-live-pill]");
const SLOWEST = 10000;
const SOONEST = 1000; // a server that was only started again is back by then
const MOST_OFTEN = 1500;
let stream = null;
let isPaused = sessionStorage.getItem("paused") === "1";
let isStale = false;
let lastFetch = 0;
let waits = SOONEST;

function show(text, kind) {
  if (!pill) return;
  pill.querySelector(".live-text").textContent = text;
  pill.querySelector(".dot").className = kind === "on" ? "dot on" : "dot off";
  pill.classList.toggle("warnc", kind === "lost");
  pill.setAttribute("aria-pressed", String(!isPaused));
  pill.title = isPaused ? "Go on with live updates" : "Pause live updates";
  pill.querySelector("use").setAttribute("href", isPaused ? "#play" : "#pause");
}

function isLost() {
  return pill?.classList.contains("warnc");
}

function isHeld(element) {
  const table = element.closest("table");
  if (element.closest("dialog")) return true;
  return element.contains(document.activeElement) || (table?.matches(":hover") && element.matches("tr, table"));
}

function put(fresh) {
  for (const element of document.querySelectorAll("[data-live][id]")) {
    const other = fresh.getElementById(element.id);
    if (!other || isHeld(element) || same(element, other)) continue;
    const made = document.importNode(other, true);
    if (!made.querySelector("h2") && !same(element, other, ["datetime"])) made.classList.add("changed");
    element.replaceWith(made);
  }
  announce(fresh);
}

function same(a, b, besides = []) {
  const text = (element) => {
    const copy = element.cloneNode(true);
    copy.classList.remove("changed");
    for (const time of copy.querySelectorAll("time")) { time.textContent = ""; for (const name of ["title", "data-told", ...besides]) time.removeAttribute(name); }
    return copy.outerHTML.replace(' class=""', "");
  };
  return text(a) === text(b);
}

function announce(fresh) {
  const line = document.getElementById("new-rows");
  if (!line || new URLSearchParams(location.search).get("after")) return;
  const known = new Set([...document.querySelectorAll("tr[data-id]")].map((row) => row.dataset.id));
  const count = [...fresh.querySelectorAll("tr[data-id]")].filter((row) => !known.has(row.dataset.id)).length;
  const text = count === 0 ? "" : `${count}${count >= 50 ? "+" : ""} new ${count === 1 ? "task" : "tasks"}`;
  line.hidden = count === 0;
  if (line.querySelector("a").textContent === text) return;
  line.querySelector("a").textContent = text;
  document.getElementById("heard").textContent = text;
}

async function refresh() {
  if (isPaused || document.hidden) return void (isStale = true);
  const wait = lastFetch + MOST_OFTEN - Date.now();
  if (wait > 0) return void (isStale ||= Boolean(setTimeout(() => { isStale = false; refresh().catch(() => {}); }, wait)));
  lastFetch = Date.now();
  const answer = await fetch(location.href, { headers: { "X-Backstage-Live": "1" } });
  if (answer.redirected) return void show("Signed out", "lost");
  if (!answer.ok) return void show("No answer", "lost");
  if (stream) show("Live", "on");
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (document.querySelector("[data-fresh]") && !fresh.querySelector("[data-fresh]")) return void location.reload();
  document.body.dataset.look = fresh.body.dataset.look;
  put(fresh);
}

function open() {
  if (stream || isPaused || document.hidden) return;
  stream = new EventSource(toldUrl() ?? `${document.body.dataset.liveUrl}?seen=${document.body.dataset.look}`);
  hearTold(stream);
  stream.onopen = () => { waits = SOONEST; show("Live", "on"); };
  stream.addEventListener("changed", () => refresh().catch(() => {}));
  stream.addEventListener("silent", () => show("No answer", "lost"));
  stream.addEventListener("beat", () => {
    if (isLost() || document.querySelector("[data-live-often]")) refresh().catch(() => {});
  });
  stream.onerror = () => {
    close();
    if (waits > SOONEST) show("Reconnecting", "lost");
    setTimeout(open, waits);
    waits = Math.min(SLOWEST, waits * 2);
  };
}

function close() {
  stream?.close();
  stream = null;
}

export function toggleLive() {
  isPaused = !isPaused;
  sessionStorage.setItem("paused", isPaused ? "1" : "0");
  if (isPaused) {
    close();
    show("Paused", "off");
  } else {
    open();
    refresh().catch(() => {});
  }
}

export function goLive() {
  if (!pill) return;
  if (isPaused) show("Paused", "off");
  pill.addEventListener("click", toggleLive);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return close();
    open();
    refresh().catch(() => {});
  });
  open();
}
