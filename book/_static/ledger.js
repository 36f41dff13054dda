/* The filter of claims, provisions and events: entries that do not fit are hidden; the choice stands in the address, so it
   can be shared. */
(function () {
  "use strict";

  const ENTRIES = ".ba-claim:not(.ba-omission)";

  function start() {
    const form = document.querySelector(".ba-filter");
    if (!form) return;
    const fields = [...form.querySelectorAll("select, input")];
    const entries = [...document.querySelectorAll(ENTRIES)];
    const texts = new Map(entries.map((entry) => [entry, entry.textContent.toLowerCase()]));
    const sections = [...document.querySelectorAll("section:has(> h2, > h3)")].filter((section) => section.querySelector(ENTRIES));

    /** A menu asks for a class, a field for words, all of which the entry must have. */
    function fits(entry, field) {
      if (field.tagName === "SELECT") return entry.classList.contains(`${field.name}-${field.value}`);
      return field.value.toLowerCase().split(/\s+/).every((word) => texts.get(entry).includes(word));
    }

    function show() {
      const chosen = fields.filter((field) => field.value);
      for (const entry of entries) entry.hidden = !chosen.every((field) => fits(entry, field));
      for (const section of sections) section.hidden = !section.querySelector(`${ENTRIES}:not([hidden])`);
      const left = entries.filter((entry) => !entry.hidden).length;
      form.querySelector("output").textContent = `${left} of ${entries.length} ${form.dataset.noun}`;
      const query = new URLSearchParams(chosen.map((field) => [field.name, field.value]));
      const address = (String(query) ? `?${query}` : location.pathname.split("/").pop()) + location.hash;
      if (location.protocol !== "file:" || String(query)) history.replaceState(null, "", address);
    }

    /** The entry that the address names must be seen, whatever was chosen, and its fold opens. */
    function reveal() {
      const entry = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
      if (!entry || !entry.classList.contains("ba-claim")) return;
      if (entry.hidden) {
        form.reset();
        show();
      }
      entry.querySelectorAll("details").forEach((fold) => (fold.open = true));
      entry.scrollIntoView();
    }

    const asked = new URLSearchParams(location.search);
    for (const field of fields) {
      const value = asked.get(field.name) || "";
      if (!field.options || [...field.options].some((option) => option.value === value)) field.value = value;
    }
    form.addEventListener("input", show);
    form.addEventListener("reset", () => setTimeout(show));
    form.addEventListener("submit", (event) => event.preventDefault());
    window.addEventListener("hashchange", reveal);
    show();
    reveal();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
