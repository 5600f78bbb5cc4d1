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

// A formula that is wider than its box can be scrolled by keyboard.
{
  const boxes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.setAttribute("tabindex", "0");
      else target.removeAttribute("tabindex");
    }
  });
  document.addEventListener("DOMContentLoaded", () => {
    for (const box of document.querySelectorAll(".math-block")) boxes.observe(box);
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
