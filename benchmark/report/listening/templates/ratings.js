"use strict";
{
  const items = [...document.querySelectorAll("fieldset.item")];
  const rater = document.getElementById("rater");
  const status = document.getElementById("status");
  let at = 0;
  let saved = true;

  const rating = (item) => item.querySelector("input:checked")?.value ?? "";
  const unrated = () => items.filter((item) => !rating(item)).map((item) => item.dataset.item);

  function tell(text) {
    const done = items.length - unrated().length;
    status.textContent = `${done} of ${items.length} rated. ${text ?? ""}`.trim();
  }

  function show(next) {
    if (next < 0 || next >= items.length) return;
    items[at].querySelector("audio").pause();
    items[at].hidden = true;
    at = next;
    items[at].hidden = false;
    items[at].querySelector("legend").focus();
  }

  function play() {
    const sound = items[at].querySelector("audio");
    if (sound.paused) sound.play();
    else sound.pause();
  }

  function rate(value) {
    const grade = items[at].querySelector(`input[value="${value}"]`);
    if (!grade) return;
    grade.checked = true;
    grade.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function save() {
    if (!document.getElementById("who").reportValidity()) return;
    const page = document.body.dataset.page;
    const lines = items.map((item) => [page, rater.value, item.dataset.item, rating(item)].join(","));
    const text = [document.body.dataset.columns, ...lines, ""].join("\n");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = `ratings-${page}-${rater.value}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
    saved = true;
    const left = unrated();
    tell(left.length ? `Saved, but without a rating of ${left.join(", ")}: rate them and save again.` : "Saved.");
  }

  document.addEventListener("change", (event) => {
    if (event.target.type !== "radio") return;
    saved = false;
    tell();
  });
  document.addEventListener("keydown", (event) => {
    if (event.target === rater || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "p") play();
    else if (event.key === "n") show(at + 1);
    else if (event.key === "b") show(at - 1);
    else if (/^[1-9]$/.test(event.key)) rate(event.key);
  });
  document.getElementById("who").addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("next").addEventListener("click", () => show(at + 1));
  document.getElementById("back").addEventListener("click", () => show(at - 1));
  document.getElementById("save").addEventListener("click", save);
  window.addEventListener("beforeunload", (event) => {
    if (!saved) event.preventDefault();
  });
  tell();
}
