// Sorting of tables, the choice of their columns, and the filters of the table of all results.
// The library comes as one script, so that the pages open from a disk too.
(async () => {
  define();
  const DataTable = await window.silentbench_datatables;
  const layout = { topStart: null, topEnd: null, bottomStart: null, bottomEnd: null };
  const options = { paging: false, info: false, autoWidth: false };
  for (const table of document.querySelectorAll("table.sortable")) sortable(table);
  // A link within a head leads away; it does not sort.
  const leads = (event) => event.target.closest("th a") && event.stopPropagation();
  for (const head of document.querySelectorAll("thead")) {
    for (const kind of ["click", "keydown"]) head.addEventListener(kind, leads, true);
  }
  document.documentElement.dataset.ready = "yes";

  // A head whose definition is left out has that of the head before it of the same text.
  function define() {
    const said = new Map();
    for (const head of document.querySelectorAll("thead th")) {
      if (head.closest(".example")) continue;
      const text = head.textContent.trim();
      if (head.title) said.set(text, head.title);
      else if ("same" in head.dataset && said.has(text)) head.title = said.get(text);
    }
  }

  function sortable(table) {
    const state = window.silentbench_state.of(table);
    const cells = [...table.tHead.rows[0].cells];
    const heads = cells.map((head) => head.textContent.trim());
    const usual = cells.map((head) => !("extra" in head.dataset));
    const differs = new Set(state.get("columns").split("|").filter(Boolean));
    const shown = usual.map((on, index) => on !== differs.has(heads[index]));
    const all = table.id === "all";
    const sort = state.get("sort");
    const sorted = heads.indexOf(sort.replace(/^-/, ""));
    const made = new DataTable(table, {
      ...options,
      searching: all,
      search: { search: all ? state.get("q") : "" },
      layout: { ...layout, topEnd: all ? "search" : null },
      order: sorted < 0 ? [] : [[sorted, sort.startsWith("-") ? "desc" : "asc"]],
      columnDefs: [{ targets: shown.flatMap((on, index) => (on ? [] : [index])), visible: false }],
    });
    made.on("order", () => {
      const [first] = made.order();
      state.set("sort", first && first[1] ? (first[1] === "desc" ? "-" : "") + heads[first[0]] : "");
    });
    choose(table, made, heads, usual, shown, state);
    if (all) filter(made, heads, state);
    if (!location.hash.includes("=") || !state.names()) return;
    window.silentbench_state.unfold(table);
    table.scrollIntoView();
  }

  function choose(table, made, heads, usual, shown, state) {
    const chooser = document.createElement("details");
    chooser.className = "chooser";
    const summary = document.createElement("summary");
    const list = document.createElement("div");
    chooser.append(summary, list);
    const tell = () => {
      summary.textContent = `Columns (${shown.filter(Boolean).length} of ${heads.length})`;
    };
    heads.forEach((head, index) => {
      if (index === 0) return;
      const label = document.createElement("label");
      const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: shown[index] });
      label.append(box, ` ${head}`);
      list.append(label);
      box.addEventListener("change", () => {
        shown[index] = box.checked;
        made.column(index).visible(box.checked);
        state.set("columns", heads.filter((_, at) => shown[at] !== usual[at]).join("|"));
        tell();
      });
    });
    tell();
    table.closest(".scroll").before(chooser);
  }

  function filter(made, heads, state) {
    const field = (name) => document.getElementById(name);
    const column = Object.fromEntries(heads.map((head, index) => [head, index]));
    const number = (cell) => (cell.dataset.order === "" || cell.dataset.order === undefined ? NaN : Number(cell.dataset.order));
    for (const name of ["task", "causal", "parameters"]) field(name).value = state.get(name);
    field("trivial").checked = state.get("trivial") !== "no";
    made.search.fixed("filters", (_text, _data, index) => {
      const cell = (head) => made.cell(index, column[head]).node();
      const most = field("parameters").value;
      return (
        (!field("task").value || cell("task").textContent.trim() === field("task").value) &&
        (!field("causal").value || cell("causal").textContent.trim() === field("causal").value) &&
        (most === "" || number(cell("parameters")) <= Number(most)) &&
        (field("trivial").checked || !made.row(index).node().classList.contains("trivial"))
      );
    });
    const count = () => {
      const left = made.rows({ search: "applied" }).count();
      field("count").textContent = `${left} of ${made.rows().count()} rows`;
    };
    field("filters").addEventListener("input", () => {
      for (const name of ["task", "causal", "parameters"]) state.set(name, field(name).value);
      state.set("trivial", field("trivial").checked ? "" : "no");
      made.draw();
      count();
    });
    field("filters").addEventListener("submit", (event) => event.preventDefault());
    made.on("search", () => {
      state.set("q", made.search());
      count();
    });
    made.draw();
    count();
  }
})();
