// Copies a text of the page. Over plain HTTP there is no clipboard: the text is selected then.
import { say } from "./toasts.js";

export async function copy(text, element) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied");
  } catch {
    if (element) getSelection().selectAllChildren(element);
    say("Selected: press Ctrl C to copy it");
  }
}

export function answerCopies() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    if (source) copy(source.textContent, source);
  });
}
