/* The filter of the ledger: entries that do not fit are hidden; the choice stands in the address, so it can be shared. */
(function () {
  "use strict";

  function start() {
    const form = document.querySelector(".ba-filter");
    if (!form) return;
    const fields = [...form.querySelectorAll("select")];
    const claims = [...document.querySelectorAll(".ba-claim:not(.ba-omission)")];
    const sections = [...new Set(claims.map((claim) => claim.closest("section")))];

    function show() {
      const wanted = fields.filter((field) => field.value).map((field) => `${field.name}-${field.value}`);
      for (const claim of claims) claim.hidden = !wanted.every((name) => claim.classList.contains(name));
      for (const section of sections) section.hidden = !section.querySelector(".ba-claim:not([hidden])");
      const left = claims.filter((claim) => !claim.hidden).length;
      form.querySelector("output").textContent = `${left} of ${claims.length} claims`;
      const query = new URLSearchParams(fields.filter((field) => field.value).map((field) => [field.name, field.value]));
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
      const value = asked.get(field.name);
      if ([...field.options].some((option) => option.value === value)) field.value = value;
    }
    form.hidden = false;
    form.addEventListener("change", show);
    form.addEventListener("reset", () => setTimeout(show));
    form.addEventListener("submit", (event) => event.preventDefault());
    window.addEventListener("hashchange", reveal);
    show();
    reveal();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
