// Tells in one line what was done; it goes after six seconds unless somebody looks at it. Refusals stay.

const STAYS = 6000;
const place = document.getElementById("toasts");

function goLater(toast) {
  let left = setTimeout(() => toast.remove(), STAYS);
  const stay = () => clearTimeout(left);
  const leave = () => { left = setTimeout(() => toast.remove(), STAYS); };
  toast.addEventListener("pointerenter", stay);
  toast.addEventListener("pointerleave", leave);
  toast.addEventListener("focusin", stay);
  toast.addEventListener("focusout", leave);
}

export function say(text) {
  if (!place) return;
  const toast = document.createElement("div");
  toast.className = "toast padded";
  toast.setAttribute("role", "status");
  toast.textContent = text;
  place.replaceChildren(toast);
  goLater(toast);
}

export function answerToasts() {
  const told = place?.querySelector(".toast");
  if (told && !told.classList.contains("bad")) goLater(told);
  place?.addEventListener("click", (event) => {
    if (!event.target.closest("[data-close-toast]")) return;
    event.preventDefault();
    event.target.closest(".toast").remove();
  });
}
