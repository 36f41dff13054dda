/* Below each result of the search an excerpt, with the words in bold, and a link to the place on the page. */
(function () {
  "use strict";

  const BEFORE = 70; // letters before the first word that was found
  const LENGTH = 240; // letters of an excerpt
  const MOST = 3; // excerpts of one page

  const escaped = (words) => words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

  /** What to look for: each word by its beginning, as the search knows stems; Chinese and Japanese as they stand. */
  function searched(query) {
    const stemmer = new Stemmer();
    const parts = query.match(/[\p{Letter}\p{Number}_]+/gu) || [];
    const words = parts.filter((part) => !stopwords.includes(part.toLowerCase()));
    const forms = words.flatMap((part) => {
      const stem = /^[a-z]+$/i.test(part) ? stemmer.stemWord(part.toLowerCase()) : part;
      return part.toLowerCase().startsWith(stem) ? [stem] : [part];
    });
    return forms.length ? new RegExp(forms.sort((a, b) => b.length - a.length).map((form) => (/^[\x00-\x7f]+$/.test(form) ? `\\b${escaped(form)}\\w*` : escaped(form))).join("|"), "giu") : null;
  }

  function excerpt(text, pattern) {
    pattern.lastIndex = 0;
    const first = pattern.exec(text);
    if (!first) return null;
    let start = Math.max(0, first.index - BEFORE);
    if (start) start = Math.max(start, text.indexOf(" ", start) + 1 || start);
    if (start > first.index) start = first.index;
    let end = Math.min(text.length, start + LENGTH);
    if (end < text.length) end = Math.max(text.lastIndexOf(" ", end), first.index + first[0].length, end - 40);
    const cut = text.slice(start, end);
    const line = document.createElement("p");
    line.className = "ba-excerpt";
    line.append(start ? "… " : "");
    let rest = 0;
    pattern.lastIndex = 0; // matchAll goes on from here
    for (const found of cut.matchAll(pattern)) {
      const mark = document.createElement("mark");
      mark.textContent = found[0];
      line.append(cut.slice(rest, found.index), mark);
      rest = found.index + found[0].length;
    }
    line.append(cut.slice(rest), end < text.length ? " …" : "");
    return line;
  }

  function explain(item, pattern) {
    const link = item.querySelector("a");
    if (!link || item.querySelector(".ba-excerpt")) return;
    const root = new URL(document.documentElement.dataset.content_root || "./", location.href);
    const address = new URL(link.href);
    const page = decodeURIComponent(address.pathname.slice(root.pathname.length)).replace(/\.html$/, "");
    const wanted = decodeURIComponent(address.hash.slice(1));
    const places = (window.bookTexts || {})[page] || [];
    // places with most of the words first, and else as they stand on the page
    const distinct = (text) => new Set((text.match(pattern) || []).map((word) => word.toLowerCase().slice(0, 4))).size;
    const order = places.map((place) => [distinct(place[2]), place]).sort((a, b) => b[0] - a[0]);
    let shown = 0;
    for (const [, [id, heading, text]] of order) {
      if (shown >= MOST || (wanted && id !== wanted)) continue;
      const line = excerpt(text, pattern);
      if (!line) continue;
      shown += 1;
      if (!wanted && id && places[0][0] !== id) {
        const to = document.createElement("a");
        to.href = `${address.pathname}#${id}`;
        to.textContent = heading;
        line.prepend(to, ": ");
      }
      item.append(line);
    }
  }

  function start() {
    const results = document.getElementById("search-results");
    const pattern = results && searched(new URLSearchParams(location.search).get("q") || "");
    if (!pattern) return;
    const explainAll = () => results.querySelectorAll("ul.search > li").forEach((item) => explain(item, pattern));
    new MutationObserver(explainAll).observe(results, { childList: true, subtree: true });
    explainAll();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
