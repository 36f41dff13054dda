/* A card over a link to a claim, a provision, an event, a word of the glossary or a source: on hover and on focus. What
   it says is in scripts of the book, loaded when a card is first asked for. Escape closes it; touch gets none. */
(function () {
  "use strict";

  const PATIENCE = 350; // milliseconds before a card opens, so that a pointer may pass
  const GRACE = 250; // milliseconds in which the pointer may move from the link to the card
  const script = document.currentScript;
  const pages = new Set((script.dataset.pages || "").split(" "));
  const root = new URL(document.documentElement.dataset.content_root || "./", location.href);
  const loading = new Map();

  let card = null;
  let shownFor = null;
  let opening = 0;
  let closing = 0;

  /** The page and the id that a link leads to, or null where no card could tell of them. */
  function goal(link) {
    if (link.closest("svg, nav, .headerlink, .ba-claim-id") || !link.hash) return null;
    const address = new URL(link.href);
    if (address.protocol !== root.protocol || !address.pathname.startsWith(root.pathname)) return null;
    const page = decodeURIComponent(address.pathname.slice(root.pathname.length)).replace(/\.html$/, "");
    return pages.has(page) ? { page, id: decodeURIComponent(address.hash.slice(1)) } : null;
  }

  function load(page) {
    if (!loading.has(page)) {
      loading.set(
        page,
        new Promise((resolve) => {
          const element = document.createElement("script");
          element.src = new URL(`_static/previews/${page.replace(/[^a-z0-9]+/g, "-")}.js`, root).href;
          element.onload = element.onerror = () => resolve(((window.bookPreviews || {})[page]) || {});
          document.head.append(element);
        })
      );
    }
    return loading.get(page);
  }

  function hide() {
    clearTimeout(opening);
    clearTimeout(closing);
    if (card) card.hidden = true;
    if (shownFor) shownFor.removeAttribute("aria-describedby");
    shownFor = null;
  }

  function hideSoon() {
    clearTimeout(opening);
    clearTimeout(closing);
    closing = setTimeout(hide, GRACE);
  }

  function makeCard() {
    card = document.createElement("div");
    card.className = "ba-card";
    card.id = "ba-card";
    card.setAttribute("role", "tooltip");
    card.hidden = true;
    card.addEventListener("pointerenter", () => clearTimeout(closing));
    card.addEventListener("pointerleave", hideSoon);
    (document.querySelector("main") || document.body).append(card);
  }

  function place(link) {
    const box = link.getClientRects()[0] || link.getBoundingClientRect();
    const gap = 6;
    const left = Math.max(8, Math.min(box.left, document.documentElement.clientWidth - card.offsetWidth - 8));
    const below = box.bottom + gap + card.offsetHeight <= window.innerHeight || box.top < card.offsetHeight + gap;
    const around = card.offsetParent || document.documentElement;
    const from = around.getBoundingClientRect();
    const top = below ? box.bottom + gap : box.top - gap - card.offsetHeight;
    card.style.left = `${left - from.left + around.scrollLeft}px`;
    card.style.top = `${top - from.top + (around === document.body ? 0 : around.scrollTop)}px`;
  }

  async function show(link, to) {
    const found = (await load(to.page))[to.id];
    if (!found || link !== wanted) return;
    if (!card) makeCard();
    if (shownFor) shownFor.removeAttribute("aria-describedby");
    card.replaceChildren(
      ...found.map((words, number) => {
        const line = document.createElement("p");
        line.textContent = words;
        if (!number) line.className = "ba-card-head";
        return line;
      })
    );
    clearTimeout(closing);
    card.hidden = false;
    shownFor = link;
    link.setAttribute("aria-describedby", card.id);
    place(link);
  }

  let wanted = null;
  function ask(link) {
    const to = link && goal(link);
    if (!to) return;
    clearTimeout(opening);
    clearTimeout(closing);
    wanted = link;
    if (link === shownFor) return;
    link.removeAttribute("title"); // the browser's own hint would cover the card
    opening = setTimeout(() => show(link, to), PATIENCE);
  }

  function leave(link) {
    if (link !== wanted) return;
    wanted = null;
    hideSoon();
  }

  const linkOf = (event) => (event.target.closest ? event.target.closest("article.bd-article a[href]") : null);

  document.addEventListener("pointerover", (event) => event.pointerType !== "touch" && ask(linkOf(event)));
  document.addEventListener("pointerout", (event) => {
    const link = linkOf(event);
    if (link && !link.contains(event.relatedTarget)) leave(link);
  });
  document.addEventListener("focusin", (event) => {
    const link = linkOf(event);
    if (link && link.matches(":focus-visible")) ask(link);
  });
  document.addEventListener("focusout", (event) => {
    const link = linkOf(event);
    if (link) leave(link);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && (shownFor || wanted)) {
      wanted = null;
      hide();
    }
  });
  document.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch" || !card || !card.contains(event.target)) {
      wanted = null;
      hide();
    }
  });
})();
