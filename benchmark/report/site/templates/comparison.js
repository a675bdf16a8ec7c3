// Two to four ticked rows of a table side by side: scores, paired differences, and a dot for each speaker.
(() => {
  const MOST = 4;
  for (const data of document.querySelectorAll("script.comparison-data")) {
    const table = document.getElementById(data.dataset.table);
    const place = data.nextElementSibling;
    const about = place.firstElementChild;
    const board = JSON.parse(data.textContent);
    const state = window.silentbench_state.of(table);
    const names = board.rows.map((row) => row.name);
    const boxes = new Map();
    const panels = [...place.closest("section").querySelectorAll(".panels > figure[data-entry]")];
    for (const row of table.tBodies[0].rows) {
      const index = names.indexOf(row.dataset.entry);
      if (index < 0) continue;
      const box = Object.assign(document.createElement("input"), { type: "checkbox" });
      box.setAttribute("aria-label", `Compare ${names[index]}`);
      row.cells[0].prepend(box, " ");
      boxes.set(index, box);
      box.addEventListener("change", show);
    }
    const asked = state.get("compare").split("|").map((name) => names.indexOf(name));
    for (const index of asked.slice(0, MOST)) if (boxes.has(index)) boxes.get(index).checked = true;
    show();

    function show() {
      const ticked = [...boxes.keys()].filter((index) => boxes.get(index).checked).sort((a, b) => a - b);
      for (const box of boxes.values()) box.disabled = !box.checked && ticked.length >= MOST;
      const chosen = ticked.map((index) => names[index]);
      for (const panel of panels) {
        panel.hidden = ticked.length >= 2 && !chosen.includes(panel.dataset.entry);
        if (panel.hidden && panel.querySelector("[aria-pressed=true]")) panel.closest(".example").querySelector("audio").pause();
      }
      state.set("compare", ticked.map((index) => names[index]).join("|"));
      if (ticked.length < 2) {
        place.replaceChildren(about);
        return;
      }
      const rows = ticked.map((index) => board.rows[index]);
      place.replaceChildren(scores(board, rows), differences(board, ticked), ...dots(board, rows), ...examples(place, panels, chosen));
    }
  }

  // Says where the predictions of these entries are to be seen and heard, and of which there are none.
  function examples(place, panels, chosen) {
    if (!panels.length) return [];
    const shown = new Set(panels.map((panel) => panel.dataset.entry));
    const missing = chosen.filter((name) => !shown.has(name));
    const line = document.createElement("p");
    const link = Object.assign(document.createElement("button"), { type: "button", textContent: "The examples below" });
    link.addEventListener("click", () => place.closest("section").querySelector(".example h4").scrollIntoView());
    line.append(link, " show these entries alone", missing.length ? `; there is none of ${missing.join(", ")}.` : ".");
    return [line];
  }

  function scores(board, rows) {
    const lines = board.metrics.map((metric, at) => [metric, ...rows.map((row) => row.scores[at])]);
    const heads = [["metric", board.heads.metric], ...rows.map((row) => [row.name, `Scores of ${row.name} with their 95% intervals`])];
    return grid("Scores side by side", heads, lines);
  }

  function differences(board, ticked) {
    const lines = [];
    ticked.forEach((one, at) => {
      for (const other of ticked.slice(at + 1)) {
        const pair = board.pairs[`${one} ${other}`];
        const name = `${board.rows[one].name} − ${board.rows[other].name}`;
        lines.push([name, ...pair.map(([difference, p]) => (p === "–" ? difference : `${difference}, p = ${p}`))]);
      }
    });
    const caption = `Paired differences with 95% interval by ${board.unit}; p by sign flips of each pair and metric alone`;
    const heads = [["difference", board.heads.difference], ...board.metrics.map((metric, at) => [metric, board.about[at]])];
    return grid(caption, heads, lines);
  }

  function grid(caption, heads, lines) {
    const table = document.createElement("table");
    table.createCaption().textContent = caption;
    const head = table.createTHead().insertRow();
    for (const [text, about] of heads) head.append(Object.assign(cell("th", text, "col"), { title: about }));
    const body = table.createTBody();
    for (const [name, ...rest] of lines) {
      const row = body.insertRow();
      row.append(cell("th", name, "row"));
      for (const text of rest) {
        const [value, interval, p] = text.split(/ (?=\[)|, (?=p = )/);
        const made = cell("td", value);
        for (const part of [interval, p]) {
          if (part) made.append(Object.assign(document.createElement("small"), { textContent: part }));
        }
        row.append(made);
      }
    }
    const around = document.createElement("div");
    around.className = "scroll";
    around.tabIndex = 0;
    around.append(table);
    return around;
  }

  function cell(kind, text, scope) {
    const made = document.createElement(kind);
    made.textContent = text;
    if (scope) made.scope = scope;
    return made;
  }

  // A row for each speaker, a mark for each entry at its score by the first metric.
  function dots(board, rows) {
    const values = rows.flatMap((row) => row.dots.filter((value) => value !== null));
    if (!values.length) return [];
    const [left, right, high, top] = [100, 350, 16, 6];
    const [low, most] = [Math.min(...values), Math.max(...values)];
    const x = (value) => (most > low ? left + 8 + ((value - low) / (most - low)) * (right - left - 16) : (left + right) / 2);
    const bottom = top + high * board.units.length;
    const svg = made("svg", { viewBox: `0 0 358 ${bottom + 40 + 16 * Math.ceil(rows.length / 2)}`, class: "plot", role: "img" });
    svg.setAttribute("aria-label", `${board.metrics[0]} of each ${board.unit}: ${rows.map((row) => row.name).join(", ")}`);
    const text = (at, y, anchor, content) => {
      svg.append(made("text", { x: at, y, "text-anchor": anchor }));
      svg.lastElementChild.textContent = content;
    };
    board.units.forEach((unit, index) => {
      const y = top + high * (index + 0.5);
      svg.append(made("path", { d: `M${left} ${y}H${right}`, stroke: "currentColor", opacity: 0.15 }));
      text(left - 6, y + 4, "end", unit.length > 15 ? `${unit.slice(0, 14)}…` : unit);
      for (const row of rows) {
        if (row.dots[index] === null) continue;
        const mark = made("path", { d: row.shape, fill: row.colour, transform: `translate(${x(row.dots[index])} ${y})` });
        mark.append(made("title", {}));
        mark.firstChild.textContent = `${row.name}, ${unit}: ${row.dots[index]}`;
        svg.append(mark);
      }
    });
    text(x(low), bottom + 14, "start", low.toPrecision(3));
    text(x(most), bottom + 14, "end", most.toPrecision(3));
    text((left + right) / 2, bottom + 14, "middle", board.metrics[0]);
    rows.forEach((row, index) => {
      const [at, y] = [10 + (index % 2) * 176, bottom + 34 + 16 * Math.floor(index / 2)];
      svg.append(made("path", { d: row.shape, fill: row.colour, transform: `translate(${at} ${y - 4})` }));
      text(at + 10, y, "start", row.name.length > 24 ? `${row.name.slice(0, 23)}…` : row.name);
    });
    const figure = document.createElement("figure");
    const caption = document.createElement("figcaption");
    caption.textContent = `${board.metrics[0]} of each ${board.unit}`;
    figure.append(svg, caption);
    return [figure];
  }

  function made(kind, attributes) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", kind);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  }
})();
