// Selects rows of a list and shows the bar with what can be done to them.

const list = document.querySelector("[data-rows]");
const bar = list?.querySelector("[data-bulk]");
const all = list?.querySelector("[data-select-all]");
let last = null;

export function boxes() {
  return list ? [...list.querySelectorAll("tbody input[name=task]")] : [];
}

export function selected() {
  return boxes().filter((box) => box.checked);
}

export function showSelection() {
  if (!bar) return;
  const chosen = selected().length;
  bar.classList.toggle("is-on", chosen > 0);
  bar.querySelector("[data-selected]").textContent = `${chosen} selected`;
  for (const box of boxes()) box.closest("tr").classList.toggle("sel", box.checked);
  if (all) {
    all.checked = chosen > 0 && chosen === boxes().length;
    all.classList.toggle("some", chosen > 0 && !all.checked);
  }
}

export function selectTo(box, withRange) {
  const every = boxes();
  const [from, to] = [every.indexOf(last), every.indexOf(box)].sort((a, b) => a - b);
  if (withRange && from >= 0) for (const each of every.slice(from, to + 1)) each.checked = true;
  last = box;
  showSelection();
}

export function selectAll(chosen) {
  for (const box of boxes()) box.checked = chosen;
  showSelection();
}

export function answerSelection() {
  if (!list) return;
  list.addEventListener("click", (event) => {
    if (event.target.matches("input[name=task]")) selectTo(event.target, event.shiftKey);
    if (event.target === all) selectAll(all.checked);
    if (event.target.closest("[data-clear]")) selectAll(false);
  });
  showSelection();
}
