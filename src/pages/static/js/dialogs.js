// Shows the question before an action in a dialog: htmx fetches it. The same address is a page of its own without a
// script.

const dialog = document.getElementById("dialog");

export function ask(address) {
  htmx.ajax("GET", address, { target: "#dialog", swap: "innerHTML" });
}

function open() {
  if (!dialog.open) dialog.showModal();
  (dialog.querySelector("input:not([type=hidden])") ?? dialog.querySelector(".f .btn"))?.focus();
}

function asked(event) {
  const link = event.target.closest("a[data-dialog], a[data-help]");
  if (link) return link.href;
  const submit = event.target.closest("[data-dialog-submit]");
  return submit?.form ? `${submit.formAction}?${new URLSearchParams(new FormData(submit.form))}` : null;
}

export function answerDialogs() {
  dialog?.addEventListener("htmx:afterSwap", open);
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const address = asked(event);
    if (address) {
      event.preventDefault();
      ask(address);
    } else if (event.target.closest("#dialog [data-close]") || event.target === dialog) {
      event.preventDefault();
      dialog.close();
    }
  });
}
