// Counts ages and durations on, once a second, and shows clock times in the browser's own zone.

const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
const SPACE = "\u00a0";
const skew = serverNow() - Date.now();

function serverNow() {
  const told = document.body.dataset.now;
  return told ? Date.parse(told) : Date.now();
}

export function now() {
  return Date.now() + skew;
}

function inOneUnit(seconds) {
  const [unit, length] = UNITS.find(([, each]) => seconds >= each) ?? UNITS[3];
  return `${Math.floor(seconds / length)}${SPACE}${unit}`;
}

function inTwoUnits(seconds) {
  const place = UNITS.findIndex(([, each]) => seconds >= each);
  if (place < 0) return `0${SPACE}s`;
  const [unit, length] = UNITS[place];
  const [smaller, step] = UNITS[place + 1] ?? [null, 1];
  const rest = smaller ? Math.floor((seconds % length) / step) : 0;
  return `${Math.floor(seconds / length)}${SPACE}${unit}` + (rest ? `${SPACE}${rest}${SPACE}${smaller}` : "");
}

function ago(seconds, element) {
  if (Math.abs(seconds) > 48 * 3600) return null;
  if (Math.abs(seconds) < 1) return "now";
  return seconds > 0 ? `${inOneUnit(seconds)} ago` : `in ${inOneUnit(-seconds)}`;
}

function clockText(element) {
  return new Date(element.dateTime).toLocaleTimeString("en-GB");
}

const FORMS = {
  ago,
  age: (seconds) => inOneUnit(Math.max(0, seconds)),
  since: (seconds) => inTwoUnits(Math.max(0, seconds)),
  until: (seconds) => inTwoUnits(Math.max(0, -seconds)),
  clock: (seconds, element) => clockText(element),
  minute: (seconds, element) => new Date(element.dateTime).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" }),
  day: (seconds, element) => new Date(element.dateTime).toLocaleDateString("en-GB", { day: "numeric", month: "short" }),
  moment: (seconds, element) => new Date(element.dateTime).toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }),
};

function tell(element) {
  const form = FORMS[element.dataset.form];
  const text = form?.((now() - Date.parse(element.dateTime)) / 1000, element);
  if (text && element.textContent !== text) element.textContent = text;
}

function addLocal(element) {
  const local = new Date(element.dateTime).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "long" });
  if (!element.dataset.told) element.title = `${element.title}\n${local}`;
  element.dataset.told = "1";
}

function tellAll() {
  if (document.hidden) return;
  for (const element of document.querySelectorAll("time[data-form]")) tell(element);
}

export function followTimes() {
  tellAll();
  setInterval(tellAll, 1000);
  document.addEventListener("pointerover", (event) => {
    const element = event.target.closest?.("time[data-form]");
    if (element) addLocal(element);
  });
}
