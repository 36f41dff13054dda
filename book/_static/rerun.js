/* The button of a chapter opens the ways to rerun it; without this script it leads to the page on rerunning. */
(function () {
  "use strict";

  function start() {
    const dialog = document.getElementById("ba-rerun");
    const button = document.querySelector(".btn-rerun-button");
    if (!dialog || !dialog.showModal || !button) return;

    function showNetwork() {
      const now = navigator.onLine ? "on" : "off";
      for (const part of dialog.querySelectorAll("[data-network]")) part.hidden = part.dataset.network !== now;
    }

    function open(event) {
      event.preventDefault();
      showNetwork();
      dialog.showModal();
    }

    button.setAttribute("role", "button");
    button.setAttribute("aria-haspopup", "dialog");
    button.addEventListener("click", open);
    button.addEventListener("keydown", (event) => {
      if (event.key === " ") open(event);
    });
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close(); // beside its content
    });
    dialog.addEventListener("close", () => button.focus());
    window.addEventListener("online", showNetwork);
    window.addEventListener("offline", showNetwork);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
