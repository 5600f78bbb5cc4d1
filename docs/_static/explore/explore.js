// What the explorers share: making elements, saying things aloud, and starting.
"use strict";

/**
 * @typedef {HTMLElement & {dataset: {explorer: string, after?: string}}} Place  Where an explorer
 *   stands; `after` is the address of the data without which it cannot begin.
 * @typedef {(app: HTMLElement, place: Place) => void} Build  Fills the empty box of an explorer.
 * @typedef {Record<string, string | number | boolean | ((event: Event) => void)>} Attributes
 */

const Explore = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  /** @type {Map<string, Build>} */
  const builders = new Map();
  /** @type {Set<Place>} */
  const waiting = new Set();
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  /**
   * @param {Element} node
   * @param {Attributes} attributes  Names that begin with "on" hold listeners; false leaves out.
   * @param {(Node | string)[]} children
   */
  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") node.addEventListener(name.slice(2), value);
      else if (value === true) node.setAttribute(name, "");
      else if (value !== false) node.setAttribute(name, String(value));
    }
    node.append(...children);
    return node;
  }

  /**
   * Make an HTML element.
   * @param {string} tag
   * @param {Attributes} [attributes]
   * @param {...(Node | string)} children
   * @returns {any}
   */
  function html(tag, attributes = {}, ...children) {
    return fill(document.createElement(tag), attributes, children);
  }

  /**
   * Make an SVG element.
   * @param {string} tag
   * @param {Attributes} [attributes]
   * @param {...(Node | string)} children
   * @returns {any}
   */
  function svg(tag, attributes = {}, ...children) {
    return fill(document.createElementNS(SVG, tag), attributes, children);
  }

  /**
   * A line that screen readers speak when it has changed and the reader has paused.
   * @param {string} [className]
   * @returns {{node: HTMLElement, say: (text: string) => void}}
   */
  function speaker(className = "explorer-unseen") {
    const node = html("p", { role: "status", class: className });
    let timer = 0;
    return {
      node,
      say(text) {
        clearTimeout(timer);
        timer = setTimeout(() => {
          if (node.textContent !== text) node.textContent = text;
        }, 400);
      },
    };
  }

  /** A number with a real minus sign. @param {number} value @param {number} [digits] */
  function number(value, digits = 2) {
    const text = value.toFixed(digits);
    return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
  }

  /**
   * Whether an explorer still needs data; they are fetched when the page itself is there, so that
   * readers see its text first. If they do not come, the still figure stays.
   * @param {Place} place
   */
  function fetchedLater(place) {
    const address = place.dataset.after;
    if (!address) return false;
    if (waiting.has(place)) return true;
    waiting.add(place);
    const fetch = () => document.head.append(html("script", { src: address, onload() {
      delete place.dataset.after;
      start();
    } }));
    if (document.readyState === "complete") fetch();
    else addEventListener("load", fetch, { once: true });
    return true;
  }

  /** Put explorers into their places; a still figure stays for paper. */
  function start() {
    for (const place of document.querySelectorAll("[data-explorer]:not(.is-live)")) {
      const build = builders.get(/** @type {Place} */ (place).dataset.explorer);
      if (!build || fetchedLater(/** @type {Place} */ (place))) continue;
      const app = html("div", { class: "explorer-app" });
      // If an explorer cannot start, its still figure stays.
      build(app, /** @type {Place} */ (place));
      place.append(app);
      place.classList.add("is-live");
    }
  }

  /** @param {string} name @param {Build} build */
  function register(name, build) {
    builders.set(name, build);
    if (document.readyState !== "loading") start();
  }

  /** Do something whenever the theme has changed. @param {() => void} react */
  function onTheme(react) {
    new MutationObserver(react).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  document.addEventListener("DOMContentLoaded", start);
  return {
    html,
    svg,
    speaker,
    number,
    register,
    onTheme,
    /** Whether the reader wants nothing to move by itself. */
    get reducedMotion() {
      return still.matches;
    },
  };
})();
