// The search as the reader sees it: results while typing, in the dialog and on the page of the
// search. Index and engine are fetched when somebody begins to search, by script elements, since
// pages opened from disk may read nothing else.
"use strict";

(() => {
  const own = /** @type {HTMLScriptElement} */ (document.currentScript);
  const version = own.dataset.index ? `?v=${own.dataset.index}` : "";
  const root = new URL("../../", own.src);
  const SCRIPTS = [
    "vendor/minisearch/minisearch.js",
    "vendor/snowball/base-stemmer.js",
    "vendor/snowball/english-stemmer.js",
    "search/engine.js",
    "search/data.js",
  ];
  const KINDS = {
    about: "About the book", glossary: "Glossary", notation: "Symbols", reference: "Package",
    bibliography: "Bibliography",
  };
  const HELP =
    "Search finds words, names in code and numbers as the pages write them, such as softmax," +
    " NaiveDense or 784. Formulas cannot be searched, but their names can.";

  /** @type {Promise<any> | undefined} */
  let engine;

  /** @param {string} path */
  const script = (path) =>
    new Promise((resolve, reject) => {
      const node = document.createElement("script");
      node.src = new URL(`_static/${path}${version}`, root).href;
      node.async = false; // they run in their order
      node.onload = resolve;
      node.onerror = () => reject(new Error(`${path} cannot be loaded`));
      document.head.append(node);
    });

  /** Fetch what the search needs, once; a failed try may be repeated. */
  function load() {
    engine ??= Promise.all(SCRIPTS.map(script))
      .then(() => new BookSearch.Engine(BookSearch.data).fill())
      .catch((error) => {
        engine = undefined;
        throw error;
      });
    return engine;
  }

  /**
   * @param {string} tag
   * @param {string} className
   * @param {...(Node | string)} children
   */
  function element(tag, className, ...children) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    node.append(...children);
    return node;
  }

  /** @param {string} address
   * @param {string} className
   * @param {string} text */
  function link(address, className, text) {
    const node = /** @type {HTMLAnchorElement} */ (element("a", className, text));
    node.href = new URL(address, root).href;
    return node;
  }

  /** A line of text in which the words that were asked for are marked.
   * @param {string} text
   * @param {string[]} words */
  const line = (text, words) =>
    element(
      "p", "search-excerpt",
      ...BookSearch.marked(text, words).map((part) =>
        part.asked ? element("mark", "", part.text) : part.text),
    );

  /** @param {import("./engine").Result} result
   * @param {string[]} words */
  function item(result, words) {
    const kind = KINDS[/** @type {keyof typeof KINDS} */ (result.kind)];
    const head = element("p", "search-head", link(result.url, "search-title", result.title));
    if (kind) head.append(" ", element("span", "search-kind", kind));
    const node = element("li", `search-result search-${result.kind}`, head);
    if (result.excerpt) node.append(line(result.excerpt, words));
    if (result.parts.length) {
      const parts = result.parts.map((part) =>
        element("li", "", link(part.url, "", part.title), line(part.excerpt, words)));
      node.append(element("ul", "search-parts", ...parts));
    }
    return node;
  }

  /**
   * @param {HTMLInputElement} input
   * @param {HTMLElement} status  Says how much was found, and is read out.
   * @param {HTMLElement} list  Takes the results.
   */
  function connect(input, status, list) {
    let timer = 0;
    let shown = "";

    async function show() {
      const text = input.value.trim();
      if (text === shown) return;
      shown = text;
      if (!text) {
        list.replaceChildren();
        status.textContent = HELP;
        return;
      }
      try {
        if (!list.children.length) status.textContent = "Searching …";
        const ready = await load();
        if (text !== input.value.trim()) return; // the reader has typed on
        const { results, words, corrected } = ready.search(text);
        list.replaceChildren(...results.map((/** @type {any} */ one) => item(one, words)));
        list.scrollTop = 0;
        const count = results.length === 1 ? "1 result" : `${results.length} results`;
        status.textContent = !results.length
          ? `Nothing found for “${text}”. ${HELP}`
          : corrected
            ? `No page has “${text}”. ${count} for “${corrected}”.`
            : `${count} for “${text}”.`;
      } catch {
        shown = "";
        status.textContent = "The search could not be loaded. Try again when you are online.";
      }
    }

    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(show, 120);
    };
    input.addEventListener("focus", () => load().catch(() => {}), { once: true });
    input.addEventListener("input", soon);
    // Up and down go through the results, without leaving the keys.
    input.form?.parentElement?.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      const stops = [input, ...list.querySelectorAll("a")];
      const at = stops.indexOf(/** @type {any} */ (document.activeElement));
      if (at < 0 || !stops[at + step]) return;
      event.preventDefault();
      stops[at + step].focus();
    });
    status.textContent = HELP;
    return { show };
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const form of document.querySelectorAll("form.bd-search")) {
      const input = /** @type {HTMLInputElement} */ (form.querySelector("input[name=q]"));
      const place = /** @type {HTMLElement} */ (form.parentElement);
      const status = /** @type {HTMLElement} */ (place.querySelector(".search-status"));
      const list = /** @type {HTMLElement} */ (place.querySelector(".search-results"));
      const { show } = connect(input, status, list);
      const dialog = /** @type {HTMLDialogElement | null} */ (form.closest("dialog"));
      if (dialog) {
        form.querySelector(".search-close")?.addEventListener("click", () => dialog.close());
        // A result on the same page leaves the dialog open otherwise.
        list.addEventListener("click", (event) => {
          if (/** @type {Element} */ (event.target).closest("a")) dialog.close();
        });
      } else {
        input.value = new URLSearchParams(location.search).get("q") ?? "";
        form.addEventListener("submit", (event) => {
          event.preventDefault();
          show();
        });
        if (input.value) show();
      }
    }
  });
})();
