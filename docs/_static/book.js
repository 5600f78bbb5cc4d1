// What the pages need of sphinx-book-theme's script, which the layout leaves out.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const wide = matchMedia("(min-width: 992px)");
  const sidebar = document.getElementById("pst-primary-sidebar");
  const toggle = document.querySelector(".primary-toggle");
  const root = document.documentElement;
  if (!sidebar || !toggle) return;
  // On a wide screen the button folds the sidebar away; else the theme opens it as a dialog.
  toggle.addEventListener(
    "click",
    (event) => {
      if (!wide.matches) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const folded = root.dataset.sidebar !== "folded";
      root.dataset.sidebar = folded ? "folded" : "open";
      bookStorage.setItem("sidebar", root.dataset.sidebar);
      toggle.setAttribute("aria-expanded", String(!folded));
    },
    true,
  );
  if (wide.matches) toggle.setAttribute("aria-expanded", String(root.dataset.sidebar !== "folded"));
});

// A formula that is wider than its box can be scrolled by keyboard, and no other stops the tab key.
// The theme's script, which looks again after a resize or a switch of the theme, also counts the
// pixel by which a formula may be higher than its box, although nothing can be scrolled there.
{
  /** @param {any} box */
  const fit = (box) => {
    const wanted = box.scrollWidth > box.clientWidth ? "0" : null;
    if (box.getAttribute("tabindex") === wanted) return;
    if (wanted) box.setAttribute("tabindex", wanted);
    else box.removeAttribute("tabindex");
  };
  const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => fit(target)));
  const stops = new MutationObserver((records) => records.forEach(({ target }) => fit(target)));
  document.addEventListener("DOMContentLoaded", () => {
    for (const box of document.querySelectorAll(".math-block")) {
      sizes.observe(box);
      stops.observe(box, { attributeFilter: ["tabindex"] });
    }
  });
}

// Paper is light, whatever the theme.
{
  const root = document.documentElement;
  let shown = root.dataset.theme;
  addEventListener("beforeprint", () => {
    shown = root.dataset.theme;
    root.dataset.theme = "light";
  });
  addEventListener("afterprint", () => {
    root.dataset.theme = shown;
  });
}

// What would be a script in the page, which its policy forbids: the button that prints, and
// Sphinx's link that takes the marks of a search away.
document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  if (event.target.closest(".btn-download-pdf-button")) print();
  if (event.target.closest(".highlight-link")) {
    event.preventDefault();
    SphinxHighlight.hideSearchWords();
  }
});
