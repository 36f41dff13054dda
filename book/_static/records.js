/* The field above provisions and events: entries without all of its words are hidden; the words stand in the address. */
(function () {
  "use strict";

  function start() {
    const form = document.querySelector(".ba-words");
    if (!form) return;
    const field = form.querySelector("input");
    const entries = [...document.querySelectorAll(".ba-record")];
    const texts = entries.map((entry) => entry.textContent.toLowerCase());
    const sections = [...document.querySelectorAll("section:has(> h2, > h3)")].filter((section) => section.querySelector(".ba-record"));

    function show() {
      const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let left = 0;
      entries.forEach((entry, place) => {
        entry.hidden = !wanted.every((word) => texts[place].includes(word));
        left += entry.hidden ? 0 : 1;
      });
      for (const section of sections) section.hidden = !section.querySelector(".ba-record:not([hidden])");
      form.querySelector("output").textContent = `${left} of ${entries.length} ${form.dataset.noun}`;
      const query = field.value ? `?${new URLSearchParams({ words: field.value })}` : "";
      if (location.protocol !== "file:" || query) history.replaceState(null, "", (query || location.pathname.split("/").pop()) + location.hash);
    }

    /** The entry that the address names must be seen, whatever was chosen, and its fold opens. */
    function reveal() {
      const entry = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
      if (!entry || !entry.classList.contains("ba-record")) return;
      if (entry.hidden) {
        form.reset();
        field.value = "";
        show();
      }
      entry.querySelectorAll("details").forEach((fold) => (fold.open = true));
      entry.scrollIntoView();
    }

    field.value = new URLSearchParams(location.search).get("words") || "";
    form.hidden = false;
    field.addEventListener("input", show);
    form.addEventListener("reset", () => setTimeout(show));
    form.addEventListener("submit", (event) => event.preventDefault());
    window.addEventListener("hashchange", reveal);
    show();
    reveal();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
