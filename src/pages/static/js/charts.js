// Draws the charts anew with uPlot, in the same place and size: a crosshair, the value under it, and a range to choose
// with the pointer, which leads to the tasks of that time. The drawing of the server is what stands without a script.

const COLOURS = { line: ["--chart-done", "--chart-done-fill"], bars: ["--chart-fail", "--chart-fail"] };

function colour(name) {
  const probe = document.createElement("i");
  probe.className = "probe";
  probe.hidden = true;
  document.body.append(probe);
  probe.style.color = `var(${name})`;
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

function told(plot, place) {
  const [moments, values] = plot.data;
  const step = moments.length > 1 ? moments[1] - moments[0] : 60;
  const moment = new Date(moments[place] * 1000);
  const long = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
  const short = { hour: "2-digit", minute: "2-digit" };
  const text = moment.toLocaleString("en-GB", step * moments.length > 90000 ? long : short);
  return `${text}: ${values[place].toLocaleString("en-GB")}`;
}

function options(host, kind, size) {
  const [stroke, fill] = COLOURS[kind].map(colour);
  const tip = host.querySelector(".plot-tip");
  const [first, second] = JSON.parse(host.dataset.values)[0];
  const step = second ? second - first : 60;
  return {
    width: size.width,
    height: size.height,
    padding: [0, 0, 0, 0],
    legend: { show: false },
    axes: [{ show: false }, { show: false }],
    scales: { x: { time: true, range: (plot, least, most) => (kind === "bars" ? [least - step / 2, most + step / 2] : [least, most]) }, y: { range: [0, Number(host.dataset.top)] } },
    cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { size: 7, width: 0, fill: stroke } },
    series: [
      {},
      kind === "line"
        ? { stroke, fill, width: 1.75, points: { show: false } }
        : { stroke: fill, fill, width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.7, 40] }) },
    ],
    hooks: {
      setCursor: [(plot) => {
        const place = plot.cursor.idx;
        tip.textContent = place == null ? "" : `${told(plot, place)} ${host.dataset.unit}`;
      }],
      setSelect: [(plot) => {
        if (plot.select.width < 4) return;
        const at = (pixels) => new Date(plot.posToVal(pixels, "x") * 1000).toISOString().slice(0, 16);
        const [from, to] = [at(plot.select.left), at(plot.select.left + plot.select.width)];
        location.href = `${host.dataset.tasks}?q=${encodeURIComponent(`since:${from} until:${to}`)}`;
      }],
    },
  };
}

function draw(host) {
  const svg = host.querySelector("svg");
  const box = svg.getBoundingClientRect();
  if (!box.width) return;
  const place = document.createElement("div");
  place.className = "plot-live";
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", svg.getAttribute("aria-label"));
  const tip = document.createElement("span");
  tip.className = "plot-tip";
  host.append(tip);
  svg.before(place);
  const made = new uPlot(options(host, host.dataset.plot, { width: box.width, height: box.height }), JSON.parse(host.dataset.values), place);
  svg.classList.add("is-replaced");
  new ResizeObserver(() => {
    const width = place.clientWidth;
    if (width && Math.abs(width - made.width) > 1) made.setSize({ width, height: box.height });
  }).observe(place);
}

export function drawCharts() {
  const hosts = [...document.querySelectorAll("[data-plot]")];
  if (!hosts.length || typeof uPlot === "undefined") return;
  for (const host of hosts) draw(host);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => location.reload());
}
