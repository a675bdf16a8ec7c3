// What the reader chose stands in the address after #, such as task=EMG+to+text&sort=-parameters, so that a link shows
// the same view. An address without = names a place of the page instead.
window.silentbench_state = (() => {
  const read = () => new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
  const get = (name) => read().get(name) ?? "";
  const set = (name, value) => {
    if (value === get(name)) return;
    const chosen = read();
    if (value) chosen.set(name, value);
    else chosen.delete(name);
    history.replaceState(null, "", `#${chosen}`);
  };
  // One table of a page has names of its own; the table of all results has short ones.
  const of = (table) => {
    const key = (name) => (table.id === "all" ? name : `${table.id}.${name}`);
    // Whether the address says anything of this table.
    const names = () => [...read().keys()].some((each) => (table.id === "all" ? !each.includes(".") : each.startsWith(key(""))));
    return { get: (name) => get(key(name)), set: (name, value) => set(key(name), value), names };
  };
  // What an address names is shown, whatever it is folded in.
  const unfold = (node) => {
    for (let around = node?.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
  };
  const go = () => {
    const named = document.querySelector(":target");
    unfold(named);
    named?.scrollIntoView();
  };
  addEventListener("load", go);
  addEventListener("hashchange", () => (location.hash.includes("=") ? location.reload() : go()));
  return { of, unfold };
})();
