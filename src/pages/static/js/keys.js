// The keyboard. Keys that act open the question first. Off while somebody types.
import { ask } from "./dialogs.js";
import { boxes, selectAll, selected, selectTo } from "./selection.js";
import { copy } from "./copying.js";
import { openPalette } from "./palette.js";
import { toggleLive } from "./live.js";

const root = document.body.dataset.root ?? "";
const PAGES = { o: "/", t: "/tasks", f: "/failures", q: "/queues", s: "/schedules", w: "/workers" };
let isGoing = false;

const LINK = ".row-link, .wk-n";

function rows() {
  return [...document.querySelectorAll("main table.t tbody tr, main .wk")].filter((row) => row.querySelector(LINK));
}

function current() {
  return document.querySelector("main tbody tr.cur, main .wk.cur");
}

function move(step) {
  const every = rows();
  if (!every.length) return;
  const place = every.indexOf(current());
  const next = every[Math.max(0, Math.min(every.length - 1, place < 0 ? 0 : place + step))];
  current()?.classList.remove("cur");
  next.classList.add("cur");
  next.querySelector(LINK).focus();
  next.scrollIntoView({ block: "nearest" });
}

function press(selector) {
  document.querySelector(selector)?.click();
}

function act(action) {
  const button = document.querySelector(`[data-bulk] [formaction*="/act/${action}"]`);
  if (button && selected().length) button.click();
  else document.querySelector(`main .tools a[href*="/act/${action}?"]`)?.click();
}

function choose(withRange) {
  const box = current()?.querySelector("input[name=task]");
  if (!box) return;
  box.checked = withRange || !box.checked;
  selectTo(box, withRange);
}

const KEYS = {
  "/": () => (document.querySelector("[data-filter]") ?? document.querySelector("[data-palette]"))?.[document.querySelector("[data-filter]") ? "focus" : "click"](),
  "?": () => ask(`${root}/help`),
  j: () => move(1),
  k: () => move(-1),
  x: () => choose(false),
  X: () => choose(true),
  a: () => selectAll(selected().length < boxes().length),
  r: () => act("retry"),
  c: () => act("cancel"),
  q: () => current()?.querySelector("[data-quiet] a")?.click(),
  e: () => press("[data-edit-copy]"),
  y: () => copy(current()?.dataset.id ?? document.getElementById("task-id")?.textContent ?? "", null),
  p: () => toggleLive(),
  n: () => press("#new-rows:not([hidden]) a"),
  "[": () => press("[data-newer]"),
  "]": () => press("[data-older]"),
  g: () => { isGoing = true; setTimeout(() => { isGoing = false; }, 1200); },
  Escape: () => (selected().length ? selectAll(false) : document.activeElement?.blur()),
};

function isTyping(target) {
  return target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;
}

function areOff() {
  return localStorage.getItem("backstage-keys") === "off";
}

// In the help: people who speak to their browser need a way to switch single letters off.
function toggleKeys(button) {
  localStorage.setItem("backstage-keys", areOff() ? "on" : "off");
  tellKeys(button);
}

function tellKeys(button) {
  button.textContent = areOff() ? "Switch the keys on" : "Switch the keys off";
}

function onKey(event) {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    return openPalette();
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping(event.target)) return void (event.key === "Escape" && event.target.blur());
  if (document.querySelector("dialog[open]") || areOff()) return;
  if (isGoing && PAGES[event.key]) return void (location.href = root + PAGES[event.key]);
  const action = KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

export function answerKeys() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-keys]");
    if (button) toggleKeys(button);
  });
  for (const place of [document, document.getElementById("dialog")]) {
    place?.addEventListener("htmx:afterSwap", () => document.querySelectorAll("[data-keys]").forEach(tellKeys));
  }
  document.querySelectorAll("[data-keys]").forEach(tellKeys);
}
