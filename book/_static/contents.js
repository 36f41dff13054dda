/* The rail beside a page marks the section that is read: the last one whose beginning stands in the upper third of the
   window or above it. Where rail and site navigation are drawers, a link in them closes the drawer. */
(function () {
  "use strict";

  document.addEventListener("click", (event) => {
    if (event.target.closest("a")) event.target.closest("dialog.bd-sidebar, dialog.bd-toc")?.close();
  });

  const rail = document.getElementById("pst-page-toc-nav");
  if (!rail) return;
  rail.removeAttribute("id"); // by it the theme finds the rail, and marks what came into view last
  const entries = [...rail.querySelectorAll(".toc-entry")];
  const links = [...rail.querySelectorAll("a")];
  const sections = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));

  /** How far below the window's upper edge a section begins; nothing where a filter hides it. */
  const top = (section) => (section?.getClientRects().length ? section.getBoundingClientRect().top : NaN);

  function mark() {
    let current = links[sections.findLastIndex((section) => top(section) <= innerHeight / 3)];
    if (scrollY + innerHeight > document.documentElement.scrollHeight - 2) {
      // the last sections may be too short to come up; the one that was asked for is then the one that is read
      const asked = links.findIndex((link) => link.hash === location.hash);
      if (top(sections[asked]) >= 0) current = links[asked];
    }
    entries.forEach((entry) => entry.classList.toggle("active", entry.contains(current || null)));
    links.forEach((link) => {
      link.classList.toggle("active", link === current);
      if (link === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
  }

  let waits = false;
  for (const name of ["scroll", "resize", "hashchange", "load"])
    window.addEventListener(name, () => {
      if (!waits) requestAnimationFrame(() => { waits = false; mark(); });
      waits = true;
    });
})();
