"use strict";
const Report = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const PAGE = 50, MOST_STRIPS = 30, MOST_SHAPES = 5000, ROW_PX = 28;
  // Okabe and Ito's colours, which colour-blind people can tell apart; each group has a shape of its own as well.
  const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#999999"];
  const SHAPES = ["circle", "square", "diamond", "triangle-up", "cross", "x", "star"];
  const FILTERS = ["network", "format", "precision", "runtime", "threads", "feed", "machine"];
  // A cell is a text, or a number's text with its value; a row has them by their columns' keys too.
  const rows = data.rows.map(({ cells, ...row }) => {
    cells.forEach((cell, index) => {
      const [text, value] = typeof cell === "string" ? [cell, cell] : cell;
      row[data.columns[index].key] = { text, value };
    });
    row.searched = cells.filter((cell) => typeof cell === "string").join(" ").toLowerCase();
    return row;
  });
  const same = (key) => rows.every((row) => row[key].text === rows[0][key].text);
  const narrow = innerWidth < 600;
  // What is the same of all rows, or told by the file's name, would only make the table wider.
  const told = narrow ? ["format", "network", "precision"] : ["format"];
  const columns = data.columns.filter(({ key, number }) => key === "file" || (number ? rows.some((row) => row[key].text) : !told.includes(key) && !same(key)));
  const several = !same("machine");
  const state = { sort: several ? "machine" : "p50", down: false, page: 0, chosen: null, ready: false };
  const collator = new Intl.Collator("en", { numeric: true });
  const byId = (id) => document.getElementById(id);
  const element = (tag, text = "", attributes = {}) => {
    const made = document.createElement(tag);
    made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };
  const distinct = (key) => [...new Set(rows.map((row) => row[key].text))].sort(collator.compare);

  function found() {
    const words = byId("find").value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = FILTERS.map((key) => [key, byId(`filter-${key}`)?.value]).filter(([, value]) => value);
    const kept = rows.filter((row) => wanted.every(([key, value]) => row[key].text === value) && words.every((word) => row.searched.includes(word)));
    const { sort, down } = state;
    const number = data.columns.find((column) => column.key === sort).number;
    return kept.sort((a, b) => {
      const [one, other] = [a[sort].value, b[sort].value];
      if (one === null || other === null) return (one === null) - (other === null);
      const order = number ? one - other : collator.compare(one, other);
      return down ? -order : order;
    });
  }

  const page = (kept) => kept.slice(state.page * PAGE, (state.page + 1) * PAGE);

  function fill() {
    const kept = found(), pages = Math.max(1, Math.ceil(kept.length / PAGE));
    state.page = Math.min(state.page, pages - 1);
    const shown = page(kept);
    const alike = FILTERS.filter((key) => rows.length > 1 && same(key) && rows[0][key].text).map((key) => `${key} ${rows[0][key].text}`);
    byId("count").textContent = [`${kept.length} of ${rows.length} rows`, alike.length ? `of all: ${alike.join(", ")}` : ""].filter(Boolean).join("; ");
    byId("table").tHead.replaceChildren(heading());
    byId("table").tBodies[0].replaceChildren(...shown.map(line));
    byId("pages").replaceChildren(...(pages > 1 ? turner(pages) : []));
    if (!shown.includes(state.chosen)) state.chosen = shown[0] ?? null;
    mark();
    if (state.ready) plots(kept, shown);
  }

  function heading() {
    const made = element("tr");
    for (const [index, { key, number }] of columns.entries()) {
      const cell = element("th", "", { scope: "col", class: number ? "number" : "", "aria-sort": state.sort !== key ? "none" : state.down ? "descending" : "ascending" });
      const button = element("button", key + (state.sort !== key ? "" : state.down ? " ▼" : " ▲"), { type: "button", id: `sort-${index}` });
      button.addEventListener("click", () => {
        state.down = state.sort === key && !state.down;
        state.sort = key;
        fill();
        byId(`sort-${index}`).focus();
      });
      cell.append(button);
      made.append(cell);
    }
    return made;
  }

  function line(row) {
    const made = element("tr", "", { tabindex: 0, "data-row": rows.indexOf(row) });
    for (const { key, number } of columns) made.append(element("td", row[key].text, { class: number ? "number" : "" }));
    const choose = () => {
      state.chosen = row;
      mark();
      if (state.ready) details();
    };
    made.addEventListener("click", choose);
    made.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(); }
    });
    return made;
  }

  function mark() {
    for (const made of byId("table").tBodies[0].rows) made.setAttribute("aria-selected", rows[made.dataset.row] === state.chosen);
  }

  function turner(pages) {
    const button = (text, step, disabled) => {
      const made = element("button", text, { type: "button" });
      made.disabled = disabled;
      made.addEventListener("click", () => {
        state.page += step;
        fill();
        const usable = [...byId("pages").querySelectorAll("button:enabled")];
        (usable.find((other) => other.textContent === text) ?? usable[0]).focus();
      });
      return made;
    };
    return [button("◀ before", -1, !state.page), element("span", `page ${state.page + 1} of ${pages}`), button("next ▶", 1, state.page === pages - 1)];
  }

  function filters() {
    for (const key of FILTERS.filter((name) => distinct(name).length > 1)) {
      const label = element("label", `${key} `), select = element("select", "", { id: `filter-${key}` });
      select.append(element("option", "all", { value: "" }), ...distinct(key).map((text) => element("option", text, { value: text })));
      label.append(select);
      byId("filters").append(label);
    }
    byId("filters").addEventListener("input", () => { state.page = 0; fill(); });
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
  }

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  // Plotly takes some HTML for markup in its texts.
  const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const short = (text, most = narrow ? 26 : 60) => plain(text.length > most ? `${text.slice(0, most / 2)}…${text.slice(1 - most / 2)}` : text);
  // A row beside a plot: on a phone in two lines, the file and where it ran.
  const label = (row) => (narrow ? `${short(row.file.text)}<br>${short(row.name.slice(row.file.text.length + 1))}` : short(row.name, 72));
  // Logarithmic only where it must be: few ticks fit between 3 ms and 8 ms.
  const times = (title, values) => {
    const least = Math.min(...values), most = Math.max(...values);
    if (!(most > 10 * least && least > 0)) return axis(title);
    const decades = Array.from({ length: Math.ceil(Math.log10(most)) - Math.floor(Math.log10(least)) + 1 }, (_, index) => Math.floor(Math.log10(least)) + index);
    const tickvals = decades.flatMap((decade) => [1, 2, 5].map((step) => step * 10 ** decade));
    return axis(title, { type: "log", tickvals, ticktext: tickvals.map((value) => String(Number(value.toPrecision(1)))) });
  };
  const axis = (title, more = {}) => ({ title: { text: title }, gridcolor: colour("--line"), zeroline: false, automargin: true, ...more });

  const titled = (text) => ({ title: { text: narrow ? text.replace(", ", ",<br>") : text, font: { size: 14 }, x: 0.01, xanchor: "left" }, margin: { l: 60, r: 10, t: 60, b: 60 } });

  function plot(id, traces, layout) {
    const target = byId(id);
    if (!traces.length) { Plotly.purge(target); target.replaceChildren(); return; }
    Plotly.react(target, traces, {
      paper_bgcolor: colour("--paper"), plot_bgcolor: colour("--paper"), font: { color: colour("--ink"), size: 13 },
      margin: { l: 60, r: 10, t: 30, b: 50 }, hoverlabel: { align: "left" }, legend: { orientation: "h", y: 1.02, yanchor: "bottom" }, ...layout,
    }, { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] });
  }

  // Shapes stay sharp in print; a browser's own graphics processor draws what would be too many of them.
  const scatter = (points) => (points > MOST_SHAPES ? "scattergl" : "scatter");
  const counted = (groups) => groups.reduce((sum, group) => sum + group.length, 0);

  function tradeoff(kept) {
    const known = kept.filter((row) => row.p50.value !== null && row.accuracy !== null);
    const groups = new Map();
    for (const row of known) {
      const key = several ? `${row.runtime.text} on ${row.machine.text}` : row.runtime.text;
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(row);
    }
    // Colours tell runtimes apart, and shapes machines, or where there is one runtimes again.
    const runtimes = distinct("runtime"), places = distinct(several ? "machine" : "runtime");
    const colourOf = (row) => COLOURS[runtimes.indexOf(row.runtime.text) % COLOURS.length];
    const shapeOf = (row) => SHAPES[places.indexOf(row[several ? "machine" : "runtime"].text) % SHAPES.length];
    const largest = Math.max(...known.map((row) => row.size.value));
    const dots = [...groups].map(([title, members]) => ({
      type: scatter(known.length), mode: "markers", name: plain(title),
      x: members.map((row) => row.p50.value / 1e6), y: members.map((row) => 100 * row.accuracy),
      error_x: known.length > 200 ? undefined : { type: "data", symmetric: false, array: members.map((row) => (row.upper - row.p50.value) / 1e6), arrayminus: members.map((row) => (row.p50.value - row.lower) / 1e6), thickness: 1 },
      marker: { color: colourOf(members[0]), symbol: shapeOf(members[0]), sizemode: "area", size: members.map((row) => row.size.value), sizeref: 2 * largest / 28 ** 2, sizemin: 5, opacity: 0.8 },
      text: members.map((row) => `${plain(row.name)}<br>${row.p50.text}, ${data.accuracy} ${(100 * row.accuracy).toFixed(1)} %, ${row.size.text}`), hovertemplate: "%{text}<extra></extra>",
    }));
    const edges = [...new Set(known.map((row) => row.machine.text))].map((machine) => {
      const edge = known.filter((row) => row.front && row.machine.text === machine).sort((a, b) => a.p50.value - b.p50.value);
      return { type: "scatter", mode: "lines", hoverinfo: "skip", showlegend: false, line: { color: colour("--soft"), width: 1, dash: "dot", shape: "hv" }, x: edge.map((row) => row.p50.value / 1e6), y: edge.map((row) => 100 * row.accuracy) };
    });
    plot("plot-tradeoff", known.length ? [...edges, ...dots] : [], { height: 460, xaxis: times("p50, ms", known.map((row) => row.p50.value / 1e6)), yaxis: axis(`${data.accuracy}, %`) });
  }

  function spread(shown) {
    const timed = shown.filter((row) => row.strip);
    const whole = timed.length <= MOST_STRIPS && timed.every((row) => data.samples[row.id]);
    byId("spread-hint").textContent = whole
      ? "Every timed image is a dot; within a strip time runs upwards, process by process: a drift shows as a slope."
      : `Each strip has its least and greatest sample as dots, the middle 98 % as a thin and the middle half as a thick line, and the median. ${
          timed.every((row) => data.samples[row.id]) ? `Filter the table to ${MOST_STRIPS} rows at most to see every sample.` : "A report of fewer results shows every sample."}`;
    const kind = whole && scatter(timed.reduce((sum, row) => sum + counted(data.samples[row.id]), 0));
    const traces = timed.flatMap((row, index) => (whole ? dots(row, index, kind) : quantiles(row, index)));
    plot("plot-spread", traces, {
      height: 90 + timed.length * (whole ? ROW_PX * 1.4 : ROW_PX), showlegend: false, hovermode: "closest", xaxis: times("ms", timed.flatMap((row) => [row.strip[0] / 1e6, row.strip.at(-1) / 1e6])),
      yaxis: axis("", { tickvals: timed.map((_, index) => index), ticktext: timed.map(label), range: [timed.length - 0.4, -0.6] }),
    });
  }

  function dots(row, index, type) {
    const groups = data.samples[row.id], total = counted(groups);
    let before = 0;
    return groups.map((group, process) => {
      const y = group.map((_, position) => index + 0.4 - (0.8 * (before + position)) / total);
      before += group.length;
      return { type, mode: "markers", x: group.map((time) => time / 1e6), y, marker: { size: 3, color: COLOURS[process % 2 ? 5 : 0] }, hovertemplate: `%{x:.3f} ms, process ${process + 1}<extra></extra>` };
    });
  }

  function quantiles(row, index) {
    const [least, low, quarter, middle, three, high, most] = row.strip.map((time) => time / 1e6);
    const bar = (x, width) => ({ type: "scatter", mode: "lines", x, y: [index, index], line: { color: COLOURS[0], width }, hoverinfo: "skip" });
    return [bar([low, high], 1), bar([quarter, three], 6), {
      type: "scatter", mode: "markers", x: [least, middle, most], y: [index, index, index], marker: { color: [COLOURS[4], colour("--ink"), COLOURS[4]], size: [4, 7, 4] }, hovertemplate: "%{x:.3f} ms<extra></extra>",
    }];
  }

  function where(shown) {
    const known = shown.filter((row) => row.where);
    const places = known.map((_, index) => index);
    const parts = [["network", 0], ["preprocessing", 1], ["copies and the call", 2]];
    const traces = parts.map(([title, part]) => ({ type: "bar", orientation: "h", name: title, y: places, x: known.map((row) => row.where[part] === null ? null : row.where[part] / 1e6), marker: { color: COLOURS[part], line: { width: 0 } }, hovertemplate: `%{x:.3f} ms ${title}<extra></extra>` }));
    plot("plot-where", known.length ? traces : [], { barmode: "stack", height: 110 + known.length * ROW_PX, xaxis: axis("ms"), yaxis: axis("", { autorange: "reversed", tickvals: places, ticktext: known.map(label) }) });
  }

  function details() {
    const row = state.chosen;
    byId("details-name").textContent = row ? row.name : "";
    drift(row);
    operators(row);
    confusion(row);
    pictures(row);
  }

  function drift(row) {
    const groups = (row && data.samples[row.id]) || [], type = scatter(counted(groups));
    let before = 0;
    const traces = groups.map((group, process) => {
      const x = group.map((_, position) => before + position + 1);
      before += group.length;
      return { type, mode: "markers", name: `process ${process + 1}`, x, y: group.map((time) => time / 1e6), marker: { size: 4, color: COLOURS[process % COLOURS.length], symbol: SHAPES[process % SHAPES.length] }, hovertemplate: "image %{x}: %{y:.3f} ms<extra></extra>" };
    });
    plot("plot-drift", traces, { height: 320, xaxis: axis("image, in the order of measurement"), yaxis: axis("ms") });
  }

  function operators(row) {
    const spent = (row && data.operators[row.id]) || [];
    const traces = spent.length ? [{ type: "bar", orientation: "h", y: spent.map(([kind]) => short(kind)), x: spent.map(([, time]) => time / 1e6), marker: { color: COLOURS[0] }, hovertemplate: "%{y}: %{x:.3f} ms<extra></extra>" }] : [];
    plot("plot-operators", traces, { height: 130 + spent.length * ROW_PX, ...titled("Time of each kind of operator, in a profiled run"), xaxis: axis("ms for one image"), yaxis: axis("", { autorange: "reversed" }) });
  }

  const labelled = (row, label) => data.labels[row.labels][label] ?? `class ${label}`;

  function confusion(row) {
    const counts = (row && data.confusions[row.id]) || [];
    const used = [...new Set(counts.flatMap(([label, said]) => [label, said]))].sort((a, b) => a - b);
    const place = new Map(used.map((label, index) => [label, index]));
    const z = used.map(() => used.map(() => 0));
    for (const [label, said, count] of counts) z[place.get(label)][place.get(said)] += count;
    const places = used.map((_, index) => index), titles = used.map((label) => short(labelled(row, label)));
    const scale = [[0, colour("--paper")], [0.001, colour("--few")], [1, colour("--many")]];
    const traces = used.length ? [{ type: "heatmap", x: places, y: places, z, text: z.map((_, y) => used.map((_, x) => `${plain(labelled(row, used[y]))} taken for ${plain(labelled(row, used[x]))}`)), colorscale: scale, showscale: false, xgap: 1, ygap: 1, hovertemplate: "%{text}: %{z}<extra></extra>" }] : [];
    const side = 200 + 20 * used.length;
    plot("plot-confusion", traces, { height: side, ...titled("Classes (rows) and what the file said, on the images measured with"), xaxis: axis("", { tickvals: places, ticktext: titles, tickangle: -90 }), yaxis: axis("", { tickvals: places, ticktext: titles, autorange: "reversed" }) });
  }

  function pictures(row) {
    const shown = (row && data.mistakes[row.id]) || [];
    // Where an image may have several labels, an answer is a list.
    const named = (answer) => [].concat(answer).map((label) => labelled(row, label)).join(", ") || "none of the labels";
    const figures = shown.map(({ image, name: title, label, keras, said }) => {
      const figure = element("figure");
      if (image) figure.append(element("img", "", { src: data.images[image], alt: title }));
      const told = [label === null ? title : `is ${named(label)}`, keras === null ? "" : `the trained model said ${named(keras)}`, `this file said ${named(said)}`];
      figure.append(element("figcaption", told.filter(Boolean).join("; ")));
      return figure;
    });
    byId("pictures").replaceChildren(...(figures.length ? [element("h3", "Where it is wrong, or disagrees with the trained model", { style: "width: 100%" }), ...figures] : []));
  }

  function plots(kept, shown) {
    tradeoff(kept);
    spread(shown);
    where(shown.slice(0, MOST_STRIPS));
    details();
  }

  function theme() {
    const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
    fill();
  }

  function printed(begins) {
    if (begins) state.theme = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = begins ? "light" : state.theme ?? "";
    // Plots are as wide as what they stand in when they are drawn: 27.7 cm fit on the paper.
    document.body.style.width = begins ? "27.7cm" : "";
    fill();
  }

  filters();
  fill();
  addEventListener("beforeprint", () => printed(true));
  addEventListener("afterprint", () => printed(false));
  byId("theme").addEventListener("click", theme);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", fill);
  return { draw() { state.ready = true; fill(); document.body.dataset.ready = "yes"; } };
})();
