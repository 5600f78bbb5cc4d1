// Runs before anything is drawn: a file of its own, since the pages' policy allows no script in
// a page. layout.html loads it before the style sheet.
"use strict";

// What all scripts use in place of localStorage, which throws where a browser blocks the data of
// sites: then it remembers until the page is left. book_html.py puts it into the others.
// eslint-disable-next-line no-var -- a name of the window, for the scripts that follow
var bookStorage = (function () {
  try {
    window.localStorage.getItem("mode");
    return window.localStorage;
  } catch {
    const kept = new Map();
    return {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => {
        kept.set(key, String(value));
      },
      removeItem: (key) => {
        kept.delete(key);
      },
    };
  }
})();

(function (root) {
  const mode = bookStorage.getItem("mode") || "auto";
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  root.mode = mode;
  root.sidebar = bookStorage.getItem("sidebar") || "open"; // as the reader left it
  root.theme = mode === "auto" ? (dark ? "dark" : "light") : mode;
})(document.documentElement.dataset);
