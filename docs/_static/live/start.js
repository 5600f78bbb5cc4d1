// The button that makes a page live; all else is loaded when it is pressed.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const place = /** @type {HTMLElement | null} */ (document.querySelector(".live-start"));
  const button = place?.querySelector("button");
  const script = /** @type {HTMLScriptElement | null} */ (document.querySelector('script[src*="live/start.js"]'));
  if (!place || !button || !script) return;
  const base = new URL(".", script.src).href;

  /** @param {string} tag @param {Record<string, string>} attributes @returns {Promise<void>} */
  function load(tag, attributes) {
    return new Promise((resolve, reject) => {
      const node = Object.assign(document.createElement(tag), attributes);
      node.addEventListener("load", () => resolve());
      node.addEventListener("error", () => reject(new Error(`${node.getAttribute("src")} could not be loaded`)));
      document.head.append(node);
    });
  }

  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const sheet = load("link", { rel: "stylesheet", href: `${base}live.css` });
      for (const name of ["runtime.js", "../vendor/live/codemirror.min.js", "live.js"]) {
        if (!document.querySelector(`script[src="${base}${name}"]`)) await load("script", { src: `${base}${name}` });
      }
      await sheet;
      await globalThis.dlbookLive.begin(place, base);
    } catch (error) {
      button.disabled = false;
      const words = place.querySelector("p") ?? place;
      words.setAttribute("role", "alert");
      words.textContent = `This page could not be made live: ${error instanceof Error ? error.message : error}. Try again.`;
    }
  });
});
