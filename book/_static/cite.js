/* A button beside each figure, table and claim opens its citation in four forms, filled in from the page's template. */
(function () {
  "use strict";

  const FILES = {
    BibTeX: { ending: "bib", type: "application/x-bibtex" },
    RIS: { ending: "ris", type: "application/x-research-info-systems" },
  };

  /** As `headline` in src/analysis/cite.py. */
  function headline(text) {
    return text.trim().replace(/\s+/g, " ").replace(/(?<![A-Z.])\.$/, "");
  }

  /** The title as the data have it; what the page shows also holds links and buttons. */
  function titleOf(element) {
    if (element.matches(".ba-chart")) return element.dataset.title;
    if (element.matches(".ba-claim")) return (element.querySelector(".ba-claim-text") || {}).textContent || "";
    const region = element.querySelector(".ba-scroll[aria-label]");
    return region ? region.getAttribute("aria-label") : "";
  }

  /** What an element is: title, label, key and address, or null where it cannot be cited. */
  function partOf(element, data) {
    const claim = element.matches(".ba-claim");
    const table = element.matches(".ba-table");
    const title = headline(titleOf(element));
    if (!element.id || !title) return null;
    const id = element.id;
    const entry = element.matches(".ba-omission") ? "Entry" : "Claim";
    const label = claim ? `${entry} ${id.toUpperCase()}` : `${table ? "Table" : "Figure"} ${id}`;
    const url = data.address ? `${data.address}#${id}` : "";
    return { id, title, label, key: id.replace(/[^A-Za-z0-9]+/g, "_"), url, what: claim ? "entry" : table ? "table" : "figure" };
  }

  /** A template with its places filled in; each form has its own rules for a title. */
  function filled(form, template, part, escapes) {
    const escaped = (text) => [...text].map((mark) => escapes[mark] || mark).join("");
    const inner = (text) => text.replace(/“/g, "‘").replace(/”/g, "’").replace(/"/g, "’");
    const rules = { BibTeX: escaped, Chicago: inner };
    const title = (rules[form] || String)(part.title);
    const label = form === "BibTeX" ? escaped(part.label) : part.label;
    const closed = /[.?!]$/.test(title) ? title : `${title}.`;
    const values = { "⟦title⟧.": closed, "⟦title⟧": title, "⟦label⟧": label, "⟦key⟧": part.key, "⟦url⟧": part.url };
    return template.replace(form === "Chicago" ? /⟦title⟧\.|⟦\w+⟧/g : /⟦\w+⟧/g, (place) => values[place]);
  }

  function made(tag, attributes, ...children) {
    const element = Object.assign(document.createElement(tag), attributes);
    element.append(...children);
    return element;
  }

  async function copy(text, block) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const range = document.createRange(); // an old browser, or one that keeps the clipboard from files
      range.selectNodeContents(block);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      return document.execCommand("copy");
    }
  }

  function fill(dialog, part, data) {
    const status = made("p", { className: "ba-cite-status" });
    status.setAttribute("role", "status");
    const list = made("dl", {});
    const entries = Object.entries(data.templates).map(([form, template]) => [form, filled(form, template, part, data.escapes)]);
    const address = part.url || (location.protocol.startsWith("http") ? `${location.href.split("#")[0]}#${part.id}` : "");
    if (address) entries.push(["Link", address]);
    for (const [name, text] of entries) {
      const block = made("pre", { textContent: text });
      const button = made("button", { type: "button", textContent: "Copy" });
      button.setAttribute("aria-label", `Copy ${name}`);
      button.addEventListener("click", async () => {
        status.textContent = (await copy(text, block)) ? `${name} copied` : `${name} is selected: press Ctrl+C or ⌘C`;
      });
      const head = made("dt", {}, made("span", { textContent: name }), button);
      if (FILES[name]) {
        const { ending, type } = FILES[name];
        const save = made("a", { textContent: "Save", download: `${part.key}.${ending}` });
        save.href = `data:${type};charset=utf-8,${encodeURIComponent(`${text}\n`)}`;
        save.setAttribute("aria-label", `Save ${name} as a file`);
        head.append(save);
      }
      list.append(head, made("dd", {}, block));
    }
    const close = made("form", { method: "dialog" }, made("button", { textContent: "Close" }));
    const more = made("p", {}, made("a", { href: data.more, textContent: "Cite the whole book, or the article" }));
    const title = made("h2", { id: "ba-cite-title", textContent: `Cite this ${part.what}` });
    dialog.replaceChildren(close, title, list, status, more);
  }

  /** Where the button stands: beside the downloads, or in the caption; a caption that opens cannot hold a button. */
  function place(element, button) {
    const line = element.querySelector(".ba-claim-head, .ba-chart-files, .ba-table-files");
    if (line) line.append(element.matches(".ba-claim") ? " " : " · ", button);
    else if (element.tagName === "DETAILS") element.append(made("p", { className: "ba-cite-line" }, button));
    else (element.querySelector("figcaption") || element).append(" ", button);
  }

  function start() {
    const holder = document.getElementById("ba-cite-data");
    if (!holder || typeof HTMLDialogElement === "undefined") return;
    const data = JSON.parse(holder.textContent);
    const dialog = made("dialog", { className: "ba-cite" });
    dialog.setAttribute("aria-labelledby", "ba-cite-title");
    let opener = null;
    dialog.addEventListener("close", () => opener && opener.focus());
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close(); // beside its content
    });
    for (const element of document.querySelectorAll("figure.ba-chart, .ba-table, article.ba-claim")) {
      const part = partOf(element, data);
      if (!part) continue;
      const button = made("button", { type: "button", className: "ba-cite-button", textContent: "Cite" });
      button.setAttribute("aria-haspopup", "dialog");
      button.setAttribute("aria-label", `Cite: ${part.title}`);
      button.addEventListener("click", () => {
        opener = button;
        fill(dialog, part, data);
        dialog.showModal();
      });
      place(element, button);
    }
    (document.querySelector(".bd-article") || document.body).append(dialog);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
