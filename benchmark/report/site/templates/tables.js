// Sorting of tables, and the filters of the table of all results.
// The library comes as one script, so that the pages open from a disk too.
(async () => {
  const DataTable = await window.silentbench_datatables;
  const options = { paging: false, info: false, searching: true, order: [], autoWidth: false, layout: { topStart: null, topEnd: "search", bottomStart: null, bottomEnd: null } };
  for (const table of document.querySelectorAll("table.sortable")) {
    if (table.id !== "all") new DataTable(table, { ...options, searching: false, layout: { ...options.layout, topEnd: null } });
  }
  const every = document.getElementById("all");
  if (!every) return;
  const made = new DataTable(every, options);
  const field = (name) => document.getElementById(name);
  const heads = [...every.querySelectorAll("thead th")].map((head) => head.textContent.trim());
  const column = Object.fromEntries(heads.map((head, index) => [head, index]));
  const number = (cell) => (cell.dataset.order === "" || cell.dataset.order === undefined ? NaN : Number(cell.dataset.order));
  made.search.fixed("filters", (_text, _data, index) => {
    const row = made.row(index).node();
    const cell = (head) => row.children[column[head]];
    const most = field("parameters").value;
    return (
      (!field("task").value || cell("task").textContent.trim() === field("task").value) &&
      (!field("causal").value || cell("causal").textContent.trim() === field("causal").value) &&
      (most === "" || number(cell("parameters")) <= Number(most)) &&
      (field("trivial").checked || !row.classList.contains("trivial"))
    );
  });
  const show = () => {
    made.draw();
    const left = made.rows({ search: "applied" }).count();
    field("count").textContent = `${left} of ${made.rows().count()} rows`;
  };
  field("filters").addEventListener("input", show);
  field("filters").addEventListener("submit", (event) => event.preventDefault());
  made.on("search", () => {
    const left = made.rows({ search: "applied" }).count();
    field("count").textContent = `${left} of ${made.rows().count()} rows`;
  });
  show();
  document.documentElement.dataset.ready = "yes";
})();
