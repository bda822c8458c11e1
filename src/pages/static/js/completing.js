// Completes the query box: names of filters, then their values with counts. The buttons below it teach the names.

const input = document.querySelector("input[data-complete]");
const form = input?.form;
let list = null;
let asked = 0;

function close() {
  list?.remove();
  list = null;
  input.setAttribute("aria-expanded", "false");
}

function put(found) {
  input.value = input.value.slice(0, found.start) + found.text + input.value.slice(found.end);
  input.focus();
  if (found.text.endsWith(":")) return void look();
  close();
  form.requestSubmit();
}

function item(found, place) {
  const made = document.createElement("li");
  made.id = `complete-${place}`;
  made.setAttribute("role", "option");
  made.setAttribute("aria-selected", "false");
  const name = document.createElement("span");
  name.textContent = found.text.endsWith(":") ? found.text : found.label;
  const note = document.createElement("span");
  note.className = "right";
  note.textContent = found.text.endsWith(":") ? found.label : found.count ?? "";
  made.append(name, note);
  made.addEventListener("pointerdown", (event) => { event.preventDefault(); put(found); });
  made.found = found;
  return made;
}

function show(all) {
  close();
  if (!all.length || document.activeElement !== input) return;
  list = document.createElement("ul");
  list.className = "complete";
  list.id = "complete";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "How the filter may go on");
  list.append(...all.slice(0, 10).map(item));
  form.append(list);
  input.setAttribute("aria-expanded", "true");
}

async function look() {
  const mine = ++asked;
  const query = new URLSearchParams({ text: input.value, position: input.selectionStart });
  const answer = await fetch(`${input.dataset.complete}?${query}`, { headers: { "HX-Request": "true" } });
  if (answer.ok && mine === asked) show(await answer.json());
}

function step(by) {
  const items = [...list.children];
  const place = items.findIndex((each) => each.ariaSelected === "true");
  items[place]?.setAttribute("aria-selected", "false");
  const next = items[(place + by + items.length + (place < 0 && by < 0 ? 1 : 0)) % items.length];
  next.setAttribute("aria-selected", "true");
  input.setAttribute("aria-activedescendant", next.id);
}

function onKey(event) {
  if (!list) return;
  const chosen = list.querySelector("[aria-selected=true]");
  if (event.key === "ArrowDown") step(1);
  else if (event.key === "ArrowUp") step(-1);
  else if (event.key === "Enter" && chosen) put(chosen.found);
  else if (event.key === "Tab" && (chosen ?? list.firstChild)) put((chosen ?? list.firstChild).found);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

export function answerCompletion() {
  if (!input) return;
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": "complete", "aria-expanded": "false" })) input.setAttribute(name, value);
  input.addEventListener("input", () => look().catch(() => {}));
  input.addEventListener("keydown", onKey);
  input.addEventListener("blur", close);
  document.addEventListener("click", (event) => {
    const pick = event.target.closest("[data-pick]");
    if (!pick) return;
    input.value = `${pick.dataset.pick}:`;
    input.focus();
    look().catch(() => {});
  });
}
