/* Draws the charts of a page when they come near the view, to the width there is, light or dark. The scripts that draw
   are large: they are loaded with the first chart, and where its picture does as well, only when the reader moves. The
   picture stands on the page from the start: until the chart is drawn, where drawing fails, where scripts are off, and
   on paper. */
(function () {
  "use strict";

  const ENGINE = new URL("vega.js", document.currentScript.src).href;

  const NARROW = 480; // pixels; below it legends stand in rows and long labels are cut
  const LEAST = 150; // the least width of a plot, in pixels; a chart that is still too wide scrolls in its box

  const isDark = () => document.documentElement.dataset.theme === "dark";
  const isObject = (value) => value !== null && typeof value === "object";

  /** A copy of a specification in which every text that `replace` knows is replaced; data stay as they are. */
  function recolour(part, replace) {
    if (typeof part === "string") return replace[part] || part;
    if (Array.isArray(part)) return part.map((value) => recolour(value, replace));
    if (!isObject(part)) return part;
    const copy = {};
    for (const key of Object.keys(part)) {
      copy[key] = key === "datasets" || key === "values" ? part[key] : recolour(part[key], replace);
    }
    return copy;
  }

  function visit(part, action) {
    if (!isObject(part)) return;
    if (!Array.isArray(part)) action(part);
    for (const key of Object.keys(part)) {
      if (key !== "datasets" && key !== "values") visit(part[key], action);
    }
  }

  function merge(base, over) {
    const merged = Object.assign({}, base);
    for (const key of Object.keys(over)) {
      merged[key] = isObject(over[key]) && !Array.isArray(over[key]) ? merge(merged[key] || {}, over[key]) : over[key];
    }
    return merged;
  }

  /** The parts of a specification whose width can follow the page; one that states autosize is a picture of its size. */
  function plots(spec) {
    if (spec.autosize) return [];
    if (spec.vconcat) return spec.vconcat.flatMap(plots);
    if (spec.spec && spec.facet && !spec.facet.column && (spec.facet.row || spec.columns === 1)) return plots(spec.spec);
    return typeof spec.width === "number" ? [spec] : [];
  }

  let loading = null;
  /** The scripts that draw charts, loaded once. */
  function engine() {
    loading = loading || new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = ENGINE;
      script.onload = resolve;
      script.onerror = () => reject(new Error(`${ENGINE} cannot be loaded`));
      document.head.append(script);
    });
    return loading;
  }

  class Chart {
    constructor(figure) {
      this.figure = figure;
      this.view = figure.querySelector(".ba-chart-view");
      this.box = figure.querySelector(".ba-scroll");
      this.picture = this.view.querySelector("img"); // light, without what moves
      this.source = JSON.parse(figure.querySelector(".ba-chart-spec").textContent);
      this.drawn = null;
      this.width = 0;
      this.place = -1; // of the mark that the keyboard has reached
      this.box.addEventListener("keydown", (event) => this.press(event));
      this.box.addEventListener("blur", () => this.leave());
    }

    specification(narrow) {
      const dark = isDark();
      let spec = dark ? recolour(this.source, window.bookCharts.colours) : JSON.parse(JSON.stringify(this.source));
      spec.config = merge(spec.config || {}, dark ? window.bookCharts.config : {});
      spec.config.background = "transparent";
      spec.padding = { left: 2, right: 8, top: 4, bottom: 4 };
      if (narrow) {
        const limit = plots(spec).length ? 150 : 190; // pixels; tiles of fixed width leave more room for labels
        spec.config = merge(spec.config, {
          legend: { direction: "vertical", labelLimit: 210 },
          axisX: { titleAnchor: "end" },
          axisY: { labelLimit: limit },
        });
        visit(spec, (part) => {
          if (part.axis && part.axis.labelLimit > limit) part.axis.labelLimit = limit;
          if (part.axis && part.axis.tickCount > 4) part.axis.tickCount = 4;
          if (part.width && part.width.step > 28) part.width.step = 28;
          if (part.legend && part.legend.columns > 1) part.legend.columns = 1;
        });
      }
      visit(spec, (part) => {
        // without this a wheel over the chart would no longer scroll the page
        if (part.bind === "scales" && part.select) {
          const select = typeof part.select === "string" ? { type: part.select } : part.select;
          if (!select.zoom) select.zoom = "wheel![event.ctrlKey || event.metaKey || event.shiftKey]";
          part.select = select;
          this.zooms = true;
        }
      });
      return spec;
    }

    async draw() {
      await engine();
      const room = this.box.clientWidth;
      if (!room) return;
      this.width = room;
      const spec = this.specification(room < NARROW);
      const parts = plots(spec);
      const asked = parts.map((part) => part.width);
      const stage = document.createElement("div");
      let result = null;
      let wrapped = false;
      // the width of labels is known only when they are drawn: draw, measure, correct
      for (let attempt = 0; attempt < 4; attempt += 1) {
        if (result) result.finalize();
        result = await window.vegaEmbed(stage, spec, {
          mode: "vega-lite",
          renderer: "svg",
          actions: false,
          tooltip: { theme: isDark() ? "dark" : "light" },
          loader: { target: "_blank", rel: "noopener" },
          ast: false,
        });
        const svg = stage.querySelector("svg");
        const over = room - Number(svg.getAttribute("width"));
        let changed = !wrapped && over < -8 && room >= NARROW && (attempt > 0 || !parts.length);
        if (changed) {
          spec.config.legend = merge(spec.config.legend || {}, { columns: 2 }); // it is the legend that is too long
          wrapped = true;
        }
        parts.forEach((part, index) => {
          const fit = Math.round(Math.min(asked[index] * 1.4, Math.max(LEAST, part.width + over)));
          changed = changed || Math.abs(fit - part.width) > 2;
          part.width = fit;
        });
        if (!changed) break;
      }
      this.stayOnPages(result.view.loader());
      if (this.drawn) this.drawn.finalize();
      this.drawn = result;
      // a picture holds nothing that can be chosen
      this.view.setAttribute("role", stage.querySelector("input, select, button") ? "group" : "img");
      this.view.replaceChildren(stage, this.picture);
      this.figure.classList.add("ba-drawn");
      this.place = -1;
      this.explain();
    }

    /** A link to another page of the book opens where the reader is; one to another host in a tab of its own. */
    stayOnPages(loader) {
      const sanitize = loader.sanitize.bind(loader);
      loader.sanitize = async (address, options) => {
        const link = await sanitize(address, options);
        return /^[a-z]+:/i.test(address) ? link : Object.assign(link, { target: "_self" });
      };
    }

    /** The marks that say something or lead somewhere, in the order of their data. */
    marks() {
      const found = [];
      (function gather(item) {
        if (item._svg && item.mark && item.mark.marktype !== "group" && (item.tooltip || item.href)) found.push(item);
        for (const part of item.items || []) gather(part);
      })(this.drawn.view.scenegraph().root);
      return found;
    }

    /** Arrow keys step through the marks as a pointer would, Enter chooses one or follows its link, Escape leaves. */
    async press(event) {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (event.target !== this.box || event.altKey || event.ctrlKey || event.metaKey) return;
      if (!step && (this.place < 0 || !["Enter", "Escape"].includes(event.key))) return;
      if (this.drawn && !this.marks().length) return; // the keys move the box, if it is wider than the page
      event.preventDefault();
      if (event.key === "Escape") return this.leave();
      if (!this.drawn) await this.update();
      const marks = this.drawn ? this.marks() : [];
      if (!marks.length) return;
      const next = this.place < 0 ? (step > 0 ? 0 : marks.length - 1) : this.place + (step || 0);
      this.place = (next + marks.length) % marks.length;
      const mark = marks[this.place];
      mark._svg.scrollIntoView({ block: "nearest", inline: "nearest" });
      const { left, top, width, height } = mark._svg.getBoundingClientRect();
      const there = { bubbles: true, clientX: left + width / 2, clientY: top + height / 2 };
      if (!step) return mark._svg.dispatchEvent(new MouseEvent("click", there));
      mark._svg.dispatchEvent(new PointerEvent("pointermove", there));
      this.show(mark, left, top, width, height);
    }

    /** Frame the mark that the keyboard has reached, and say what it is. */
    show(mark, left, top, width, height) {
      if (!this.frame) {
        this.frame = Object.assign(document.createElement("span"), { className: "ba-chart-frame" });
        this.voice = Object.assign(document.createElement("span"), { className: "ba-hidden" });
        this.voice.setAttribute("role", "status");
        this.box.append(this.frame, this.voice);
      }
      const box = this.box.getBoundingClientRect();
      this.frame.hidden = false;
      this.frame.style.transform =
        `translate(${left - box.left + this.box.scrollLeft - 4}px, ${top - box.top + this.box.scrollTop - 4}px)`;
      this.frame.style.width = `${width + 8}px`;
      this.frame.style.height = `${height + 8}px`;
      const words = isObject(mark.tooltip)
        ? Object.entries(mark.tooltip).map(([name, value]) => `${name}: ${value}`).join("; ")
        : String(mark.tooltip || mark.href);
      this.voice.textContent = mark.href ? `${words}. Enter opens it.` : words;
    }

    leave() {
      if (this.place < 0) return;
      const mark = this.marks()[this.place]._svg;
      for (const name of ["pointerout", "mouseout"]) mark.dispatchEvent(new PointerEvent(name, { bubbles: true }));
      this.place = -1;
      this.frame.hidden = true;
      this.voice.textContent = "";
    }

    explain() {
      if (this.figure.querySelector(".ba-chart-hint")) return;
      const hint = document.createElement("span");
      const keys = this.marks().length ? "Arrow keys step through the marks; Enter chooses one or opens its link." : "";
      hint.className = "ba-chart-hint";
      hint.textContent = this.zooms
        ? `Drag to move, hold Ctrl, Cmd or Shift and scroll to zoom, double-click to reset. ${keys}`
        : keys;
      if (!this.zooms) hint.classList.add("ba-chart-keys"); // shown to those who come by keyboard
      this.figure.querySelector("figcaption").prepend(hint);
    }

    showPicture() {
      this.view.replaceChildren(this.picture);
      this.figure.classList.remove("ba-drawn");
    }

    /** The picture is the chart, but for what moves: on a light page that is wide enough. */
    pictureDoes() {
      return !isDark() && this.box.clientWidth >= Number(this.picture.getAttribute("width"));
    }

    async meet(reader) {
      if (this.pictureDoes()) await reader;
      if (!this.drawn) this.update();
    }

    /** Draws one after another, and shows the picture again where drawing failed. */
    update() {
      this.job = (this.job || Promise.resolve()).then(() => this.draw()).catch((error) => {
        this.showPicture();
        console.error(`chart ${this.figure.id}:`, error);
      });
      return this.job;
    }
  }

  /** A link in the caption that opens the code below the chart. */
  function offerCode(figure) {
    const fold = figure.closest(".cell") && figure.closest(".cell").querySelector("details.hide");
    if (!fold) return;
    const link = document.createElement("button");
    link.type = "button";
    link.className = "ba-chart-code";
    link.textContent = "Code";
    link.setAttribute("aria-label", `Code of this chart: ${figure.dataset.title}`);
    link.addEventListener("click", () => {
      fold.open = true;
      fold.querySelector("summary").focus();
      fold.scrollIntoView({ block: "nearest" });
    });
    figure.querySelector(".ba-chart-files").append(" · ", link);
  }

  function start() {
    const charts = new Map();
    for (const figure of document.querySelectorAll("figure.ba-chart")) {
      charts.set(figure, new Chart(figure));
      offerCode(figure);
    }

    const reader = new Promise((resolve) => {
      for (const sign of ["pointermove", "pointerdown", "keydown", "wheel", "scroll", "touchstart"]) {
        window.addEventListener(sign, resolve, { once: true, passive: true });
      }
    });
    const seen = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) {
          if (entry.isIntersecting) {
            seen.unobserve(entry.target);
            charts.get(entry.target).meet(reader);
          }
        }
      },
      { rootMargin: "300px 0px" }
    );
    for (const figure of charts.keys()) seen.observe(figure);

    const redraw = (when) => {
      for (const chart of charts.values()) if (chart.drawn && when(chart)) chart.update();
    };
    new MutationObserver(() => redraw(() => true)).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    let timer = 0;
    window.addEventListener("resize", () => {
      clearTimeout(timer);
      timer = setTimeout(() => redraw((chart) => Math.abs(chart.box.clientWidth - chart.width) > 8), 150);
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
