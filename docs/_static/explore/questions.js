// Questions that mark themselves. Nothing is stored, and nothing leaves the page.
"use strict";

/** @typedef {{right: boolean, reason: Element | null}} Verdict  What is said to an answer. */

Explore.questions = (() => {
  const MINUS = /[‐‑‒–—−﹣－]/g;
  // What people put between groups of three digits, besides commas and points.
  const SPACE = /(?<=\d)[\s\u2009\u202f'’_](?=\d{3}(?!\d))/g;
  const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

  /** The values that digits may mean, the likeliest first: "1,234" is a thousand and more in
   * English, and about 1.2 in German. @param {string} text */
  function decimals(text) {
    const found = /^([+-]?)([\d.,]*\d[\d.,]*)(e[+-]?\d+)?$/i.exec(text);
    if (!found) return [];
    const [, sign, digits, power = ""] = found;
    const readings = [[",", "."], [".", ","]]
      .filter(([group, point]) => {
        const [whole, ...parts] = digits.split(point);
        const groups = whole.split(group);
        const grouped = groups.length === 1 ||
          (/^[1-9]\d{0,2}$/.test(groups[0]) && groups.slice(1).every((part) => /^\d{3}$/.test(part)));
        return grouped && parts.length < 2 && !(parts[0] ?? "").includes(group);
      })
      .map(([group, point]) => digits.replaceAll(group, "").replace(point, "."));
    return [...new Set(readings.map((reading) => Number(sign + reading + power)))];
  }

  /** The values that an answer may mean: "407,050", "1 000", "0,98", "−3", "23/5", "98 %", "2e-3",
   * "2 × 10^-3". @param {string} text */
  function toNumbers(text) {
    let plain = text.trim().replace(MINUS, "-").replaceAll("⁄", "/").replaceAll("⁻", "-")
      .replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹]/g, (digit) => String(RAISED.indexOf(digit)));
    plain = plain.replace(SPACE, "").replace(/\s*[×x·*⋅]\s*10\s*\^?\s*\(?(-?\d+)\)?$/i, "e$1");
    const percent = /^(.*?)\s*(?:%|percent|per cent)$/i.exec(plain);
    const [top, below, ...more] = (percent ? percent[1] : plain).split("/").map((part) =>
      decimals(part.trim().replace(/^([+-])\s+/, "$1")));
    if (more.length) return [];
    const values = below ? top.flatMap((a) => below.map((b) => a / b)) : top;
    return values.filter(Number.isFinite).map((value) => value / (percent ? 100 : 1));
  }

  /** The likeliest value. @param {string} text */
  const toNumber = (text) => toNumbers(text)[0] ?? NaN;

  /** Read a shape and write it in one way: "(64, 784)" becomes "64,784"; null if it is none. @param {string} text */
  function toShape(text) {
    const inner = text.trim().replace(/^[([](.*)[)\]]$/, "$1");
    const parts = inner.split(/[\s,×x]+/).filter(Boolean);
    if (!text.trim() || parts.some((part) => !/^\d+$/.test(part))) return null;
    return parts.map(Number).join(",");
  }

  /** @param {string} kind @param {string} given @param {string} wanted @param {number} tolerance */
  function same(kind, given, wanted, tolerance) {
    if (kind === "shape") return toShape(given) !== null && toShape(given) === toShape(wanted);
    // Numbers come from decimal text; the last digit of a sum of them is nobody's mistake.
    const right = toNumber(wanted);
    return toNumbers(given).some((value) =>
      Math.abs(value - right) <= tolerance + 1e-12 * Math.max(1, Math.abs(right)));
  }

  /** @param {string} kind @param {string} given */
  function readable(kind, given) {
    return kind === "shape" ? toShape(given) !== null : !Number.isNaN(toNumber(given));
  }

  return { toNumber, toNumbers, toShape, same, readable };
})();

document.addEventListener("DOMContentLoaded", () => {
  const { html } = Explore;
  const { same, readable, toNumber } = Explore.questions;
  const NUMBERS = "Type a number such as 1,234, 0.5, −0.5, 23/5, 40 % or 2e-3.";

  /** @param {HTMLElement} question @param {number} place */
  function make(question, place) {
    const kind = question.dataset.question ?? "choice";
    const title = question.querySelector(".question-title")?.textContent ?? "";
    const feedback = html("div", { class: "question-feedback", role: "status" });
    const answers = question.querySelector(".question-answer");
    const button = html("button", { type: "submit", class: "explorer-button" }, "Check");
    const form = html("form", { class: "question-form", novalidate: true });
    /** @type {() => Verdict | string} */
    let judge;

    if (kind === "choice") {
      const list = /** @type {Element} */ (question.querySelector(".question-choices"));
      const reasons = question.querySelectorAll(".question-reasons > li > .question-reason");
      const choices = [...list.children].map((item, k) => {
        const input = html("input", { type: "radio", name: `question-${place}`, onchange: clear });
        const node = html("label", { class: "question-choice" }, input,
          html("span", {}, ...[...item.childNodes].map((child) => child.cloneNode(true))));
        return { input, node, right: item.getAttribute("data-right") === "true", reason: reasons[k] };
      });
      list.replaceWith(form);
      form.append(html("fieldset", {}, html("legend", { class: "explorer-unseen" }, title),
        ...choices.map(({ node }) => node)));
      judge = () => choices.find(({ input }) => input.checked) ?? "Choose one of the answers first.";
    } else {
      const id = `question-${place}`;
      const wanted = question.querySelector(".question-value")?.textContent ?? "";
      const signs = [...question.querySelectorAll(".question-value, .question-mistake")]
        .some((node) => toNumber(node.textContent ?? "") < 0);
      // The keypads for numbers of some phones have no minus, and none has brackets.
      const field = html("input", { id, autocomplete: "off", spellcheck: "false", oninput: clear,
        inputmode: kind === "shape" || signs ? "text" : "decimal" });
      const tolerance = Number(question.dataset.tolerance);
      const mistakes = [...question.querySelectorAll(".question-mistakes > li")];
      question.insertBefore(form, answers);
      form.append(html("div", { class: "explorer-field" },
        html("label", { for: id }, kind === "shape" ? "Your answer, a shape such as (2, 3)" : "Your answer, a number"),
        field));
      judge = () => {
        if (!readable(kind, field.value)) {
          return kind === "shape" ? "Type a shape such as (2, 3)." : NUMBERS;
        }
        if (same(kind, field.value, wanted, tolerance)) {
          return { right: true, reason: question.querySelector(".question-because") };
        }
        const known = mistakes.find((item) => same(kind, field.value,
          item.querySelector(".question-mistake")?.textContent ?? "", tolerance));
        return { right: false, reason: known?.querySelector(".question-reason") ?? null };
      };
    }

    function clear() {
      feedback.replaceChildren();
      feedback.className = "question-feedback";
    }

    form.append(html("div", { class: "explorer-row" }, button));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const verdict = judge();
      if (typeof verdict === "string") {
        feedback.className = "question-feedback";
        feedback.replaceChildren(html("p", {}, verdict));
        return;
      }
      const { right, reason } = verdict;
      feedback.className = `question-feedback ${right ? "is-right" : "is-wrong"}`;
      feedback.replaceChildren(html("p", {}, html("strong", {}, right ? "✓ Right." : "✗ Not quite.")));
      if (reason) feedback.append(...[...reason.childNodes].map((child) => child.cloneNode(true)));
      else if (!right) feedback.append(html("p", {}, "Think again, or look at the answer below."));
    });
    question.insertBefore(feedback, answers);
    question.classList.add("is-live");
  }

  [...document.querySelectorAll("[data-question]")].forEach(make);
});
