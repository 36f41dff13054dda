/* Sorts, searches and pages the tables of a page. Loaded in the head and not deferred: the class on <html> tells the
   style before the first picture that the script is there, so that nothing moves when it starts. */
(function () {
  "use strict";

  const PAGE = 25; // rows, as in table_html.py
  const LIVE = "ba-live";
  const MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
  const collator = new Intl.Collator(document.documentElement.lang || "en", { numeric: true, sensitivity: "base" });

  document.documentElement.classList.add(LIVE);

  /** A text without capitals, accents and full-width letters; the marks of Japanese kana stay. */
  const plain = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").normalize("NFC").toLowerCase();

  const words = (cell) => cell.textContent.trim().replace(/\s+/g, " ");
  const isEmpty = (text) => /^([-–—−…?]|n\/a)?$/i.test(text);

  /** The number in a text such as -0.5, 1,234, 67% or < 0.01; not a number where it is something else. */
  function number(text) {
    const found = /^[<>≤≥~±]?\s*([-+−]?)(\d{1,3}(?:[, \u202f]\d{3})+|\d+)?(\.\d+)?\s*%?$/.exec(text);
    if (!found || (!found[2] && !found[3])) return NaN;
    const size = Number((found[2] || "0").replace(/\D/g, "") + (found[3] || ""));
    return found[1] && found[1] !== "+" ? -size : size;
  }

  /** The day in a text such as 2025-02-07, 2025-02 or 7 February 2025, as a number that grows with time. */
  function day(text) {
    let found = /^(\d{4})-(\d\d)(?:-(\d\d))?$/.exec(text);
    if (found) return found[1] * 10000 + found[2] * 100 + Number(found[3] || 0);
    found = /^(?:(\d{1,2}) )?([a-z]+) (\d{4})$/i.exec(text);
    const month = found ? MONTHS.indexOf(found[2].toLowerCase()) + 1 : 0;
    return month ? found[3] * 10000 + month * 100 + Number(found[1] || 0) : NaN;
  }

  /** What to compare in a column: numbers or days where all filled cells are such, else texts; null where empty. */
  function keys(texts) {
    for (const read of [number, day]) {
      const found = texts.map((text) => (isEmpty(text) ? null : read(text)));
      if (found.every((key) => !Number.isNaN(key))) return found;
    }
    return texts.map((text) => text || null);
  }

  const compare = (a, b) => (typeof a === "number" ? a - b : collator.compare(a, b));

  class Grid {
    constructor(box) {
      this.box = box;
      this.table = box.querySelector("table");
      this.body = this.table.tBodies[0];
      this.heads = [...this.table.tHead.rows[0].cells];
      this.rows = [...this.body.rows]; // in their own order
      this.order = this.rows;
      this.texts = null; // of the rows, for the search
      this.sorted = { column: -1, down: false };
      this.page = 0;
      this.whole = !this.table.classList.contains("ba-paged");
      this.count = box.querySelector(".ba-tools output");
      this.field = box.querySelector(".ba-tools input");
      this.pager = box.querySelector(".ba-pager");
      this.name();
      this.listen();
      if (this.field || this.pager) this.show();
      this.table.classList.add("ba-ready");
      for (const part of box.querySelectorAll(".ba-tools, .ba-pager")) part.hidden = false;
    }

    /** Drawn as cards, parts of a table are no longer one for some browsers: their roles say it. */
    name() {
      if (!this.table.classList.contains("ba-cards")) return;
      this.table.setAttribute("role", "table");
      for (const part of [this.table.tHead, this.body]) part.setAttribute("role", "rowgroup");
      for (const row of this.table.rows) {
        row.setAttribute("role", "row");
        for (const cell of row.cells) cell.setAttribute("role", cell.tagName === "TH" ? "columnheader" : "cell");
      }
    }

    listen() {
      this.heads.forEach((head, column) => {
        const label = head.querySelector(":scope > .ba-sort");
        if (!label) return;
        const button = document.createElement("button");
        button.type = "button";
        button.className = label.className;
        button.append(...label.childNodes);
        button.addEventListener("click", () => this.sort(column));
        label.replaceWith(button);
      });
      if (this.field) {
        this.field.addEventListener("input", () => {
          this.page = 0;
          this.show();
        });
      }
      if (this.pager) {
        [this.before, this.after, this.all] = this.pager.querySelectorAll("button");
        this.before.addEventListener("click", () => this.turn(-1));
        this.after.addEventListener("click", () => this.turn(1));
        this.all.addEventListener("click", () => {
          this.whole = !this.whole;
          this.page = 0;
          this.show();
          if (!this.whole) this.box.scrollIntoView();
        });
      }
    }

    /** First press upwards, second downwards, third as it was; empty cells come last either way. */
    sort(column) {
      const { sorted } = this;
      const again = sorted.column === column;
      this.sorted = again && sorted.down ? { column: -1, down: false } : { column, down: again };
      this.heads.forEach((head, place) => {
        if (place === this.sorted.column) head.setAttribute("aria-sort", this.sorted.down ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      });
      this.order = this.sorted.column < 0 ? this.rows : this.ordered(column, this.sorted.down);
      this.page = 0;
      this.keepWidths();
      this.body.append(...this.order);
      this.show();
    }

    ordered(column, down) {
      const found = keys(this.rows.map((row) => words(row.cells[column])));
      const places = found.map((_, place) => place);
      places.sort((a, b) => {
        if (found[a] === null || found[b] === null) return (found[a] === null) - (found[b] === null) || a - b;
        return (down ? -1 : 1) * compare(found[a], found[b]) || a - b;
      });
      return places.map((place) => this.rows[place]);
    }

    matching() {
      const wanted = this.field ? plain(this.field.value).split(/\s+/).filter(Boolean) : [];
      if (!wanted.length) return this.order;
      if (!this.texts) {
        this.texts = new Map(this.rows.map((row) => [row, plain([...row.cells].map(words).join(" "))]));
      }
      return this.order.filter((row) => wanted.every((word) => this.texts.get(row).includes(word)));
    }

    show() {
      const found = this.matching();
      const pages = this.whole ? 1 : Math.max(1, Math.ceil(found.length / PAGE));
      this.page = Math.min(this.page, pages - 1);
      const first = this.page * PAGE;
      const seen = new Set(this.whole ? found : found.slice(first, first + PAGE));
      if (seen.size < this.rows.length) this.keepWidths();
      for (const row of this.rows) row.classList.toggle("ba-out", !seen.has(row));
      if (this.count) {
        const of = found.length < this.rows.length ? `${found.length} of ` : "";
        this.say(this.count, `${of}${this.rows.length} rows`);
      }
      if (!this.pager) return;
      const few = found.length <= PAGE;
      this.say(this.pager.querySelector("output"), few ? "" : `${first + 1} to ${first + seen.size} of ${found.length}`);
      this.all.textContent = this.whole ? `Show ${PAGE} at a time` : "Show all";
      this.all.hidden = few;
      this.before.hidden = this.after.hidden = few || this.whole;
      this.before.setAttribute("aria-disabled", this.page === 0);
      this.after.setAttribute("aria-disabled", this.page >= pages - 1);
    }

    /** A text that stays is not announced again. */
    say(output, text) {
      if (output.textContent !== text) output.textContent = text;
    }

    turn(step) {
      const button = step < 0 ? this.before : this.after;
      if (button.getAttribute("aria-disabled") === "true") return;
      this.page += step;
      this.show();
      if (this.box.getBoundingClientRect().top < 0) this.box.scrollIntoView();
    }

    /** The columns keep their widths while other rows come and go, until the window changes. */
    keepWidths() {
      if (this.kept || !this.table.offsetWidth || getComputedStyle(this.table).display !== "table") return;
      const widths = this.heads.map((head) => head.getBoundingClientRect().width);
      this.heads.forEach((head, place) => (head.style.width = `${widths[place]}px`));
      this.kept = true;
    }

    freeWidths() {
      if (!this.kept) return;
      for (const head of this.heads) head.style.width = "";
      this.kept = false;
    }

    /** Shows a row, whatever was searched, on the page that it is on. */
    reveal(row) {
      if (!this.matching().includes(row)) this.field.value = "";
      this.page = this.whole ? 0 : Math.floor(this.matching().indexOf(row) / PAGE);
      this.show();
    }
  }

  /** The id in an address; an address may hold signs that are none. */
  function named(hash) {
    try {
      return decodeURIComponent(hash.slice(1));
    } catch {
      return hash.slice(1);
    }
  }

  function start() {
    const grids = new Map();
    for (const box of document.querySelectorAll(".ba-grid")) grids.set(box, new Grid(box));

    /** What the address names must be seen: its fold opens, and the page of its row is shown. */
    function reveal() {
      const found = document.getElementById(named(location.hash));
      if (!found || !(found.closest(".ba-grid") || found.querySelector(":scope > .ba-grid"))) return;
      const row = found.closest("tbody > tr");
      if (row) grids.get(row.closest(".ba-grid")).reveal(row);
      for (let fold = found.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
      found.scrollIntoView();
    }

    let timer = 0;
    let width = window.innerWidth;
    window.addEventListener("resize", () => {
      if (window.innerWidth === width) return;
      width = window.innerWidth;
      clearTimeout(timer);
      timer = setTimeout(() => grids.forEach((grid) => grid.freeWidths()), 150);
    });
    window.addEventListener("hashchange", reveal);
    reveal();
  }

  function begin() {
    try {
      start();
    } catch (error) {
      document.documentElement.classList.remove(LIVE); // the tables as they are without a script
      throw error;
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
