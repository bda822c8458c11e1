// Ctrl K: jump to a page, a queue, a type or an id. Actions ask first.

const palette = document.getElementById("palette");
const root = document.body.dataset.root ?? "";
let places = null;

async function load() {
  const answer = await fetch(`${root}/palette`, { headers: { "HX-Request": "true" } });
  places = await answer.json();
}

function found(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = places.filter((each) => words.every((word) => each.name.toLowerCase().includes(word)));
  const shown = matching.slice(0, 12);
  const typed = text.trim();
  if (/^[0-9a-f-]{4,}$/i.test(typed)) shown.unshift({ group: "Jump to", icon: "list", name: `Task ${typed}`, note: "by its id", href: `${root}/tasks/${typed}` });
  else if (typed) shown.push({ group: "Search", icon: "search", name: `Tasks with ${typed}`, note: "filter", href: `${root}/tasks?add=${encodeURIComponent(typed)}` });
  return shown;
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  use.setAttribute("href", `#${name}`);
  svg.append(use);
  return svg;
}

function show(text) {
  const shown = palette.querySelector(".found");
  shown.replaceChildren();
  let group = null;
  let list = null;
  for (const [place, each] of found(text).entries()) {
    if (each.group !== group) {
      group = each.group;
      list = element("ul");
      list.setAttribute("role", "listbox");
      list.setAttribute("aria-label", group);
      shown.append(element("p", "g", group), list);
    }
    const item = element("li");
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", place === 0);
    item.dataset.href = each.href;
    item.append(icon(each.icon), element("span", "", each.name), element("span", "right", each.note));
    list.append(item);
  }
  if (!list) shown.append(element("p", "none", "Nothing of that name"));
}

function step(by) {
  const items = [...palette.querySelectorAll("li")];
  const place = items.findIndex((item) => item.ariaSelected === "true");
  items[place]?.setAttribute("aria-selected", "false");
  const next = items[(place + by + items.length) % items.length];
  next?.setAttribute("aria-selected", "true");
  next?.scrollIntoView({ block: "nearest" });
}

function go(item) {
  if (item) location.href = item.dataset.href;
}

export async function openPalette() {
  if (!palette || palette.open) return;
  const top = element("div", "in");
  const input = element("input");
  input.setAttribute("aria-label", "Jump to a page, a queue, a type or an id");
  input.placeholder = "A page, a queue, a type, an id";
  top.append(icon("search"), input);
  palette.replaceChildren(top, element("div", "found"));
  palette.showModal();
  input.addEventListener("input", () => show(input.value));
  input.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) step(by);
    else if (event.key === "Enter") go(palette.querySelector("li[aria-selected=true]"));
    else return;
    event.preventDefault();
  });
  if (!places) await load();
  show(input.value);
}

export function answerPalette() {
  palette?.addEventListener("click", (event) => {
    if (event.target === palette) palette.close();
    go(event.target.closest("li"));
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("a[data-palette]") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    openPalette();
  });
}
