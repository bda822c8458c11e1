// Shows what a task tells while it runs: log lines and what its handler emits, as they come.

const MOST = 500;
let seen = 0;
let hasEnded = false;
const panel = document.getElementById("told");

function textOf(told) {
  if (told.kind === "restarted") return `Attempt ${told.attempt} begins`;
  if (told.kind === "dropped") return "Some of it is no longer kept";
  if (told.kind === "log" && told.data?.event !== undefined) {
    const { event, level, ...fields } = told.data;
    const rest = Object.entries(fields.fields ?? fields).map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
    return [event, ...rest].join(" ");
  }
  return typeof told.data === "string" ? told.data : JSON.stringify(told.data);
}

function add(told) {
  const list = panel.querySelector("ol");
  const isAtEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 4;
  const line = document.createElement("li");
  if (told.data?.level === "warning") line.className = "warn";
  if (["error", "critical", "exception"].includes(told.data?.level)) line.className = "failed";
  const time = document.createElement("time");
  time.dateTime = told.at;
  time.textContent = new Date(told.at).toLocaleTimeString("en-GB");
  const text = document.createElement("span");
  text.textContent = textOf(told);
  line.append(time, text);
  list.append(line);
  while (list.childElementCount > MOST) list.firstElementChild.remove();
  panel.hidden = false;
  if (isAtEnd) list.scrollTop = list.scrollHeight;
}

// The stream that tells of the task is that of the whole page too: a browser keeps few connections to one server.
export function toldUrl() {
  return panel && !hasEnded ? `${panel.dataset.toldUrl}?after=${seen}` : null;
}

export function hearTold(stream) {
  if (!panel) return;
  stream.onmessage = (event) => {
    seen = event.lastEventId || seen;
    add(JSON.parse(event.data));
  };
  stream.addEventListener("end", () => (hasEnded = true));
}
