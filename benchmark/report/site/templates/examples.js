// One player for all sounds of an example: a button changes what is heard, at the same place.
(() => {
  for (const group of document.querySelectorAll(".example")) {
    const player = group.querySelector("audio");
    const buttons = [...group.querySelectorAll("button[data-source]")];
    for (const button of buttons) button.addEventListener("click", () => hear(button));

    function hear(button) {
      if (button.getAttribute("aria-pressed") === "true") {
        if (player.paused) player.play();
        else player.pause();
        return;
      }
      const place = player.currentTime;
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      player.src = button.dataset.source;
      player.addEventListener(
        "loadedmetadata",
        () => {
          player.currentTime = Math.min(place, player.duration);
          player.play();
        },
        { once: true },
      );
      player.load();
    }
  }
})();
