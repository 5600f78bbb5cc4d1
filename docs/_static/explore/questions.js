// Questions that mark themselves. Nothing is stored, and nothing leaves the page.
"use strict";

/** @typedef {{right: boolean, reason: Element | null}} Verdict  What is said to an answer. */

Explore.questions = (() => {
  /** Read a number as people write it: "407,050", "1 000", "−3", "98 %" or "2e-3". @param {string} text */
  function toNumber(text) {
    const plain = text.trim().replace("−", "-").replace(/(?<=\d)[,\s\u00a0\u202f](?=\d{3}\b)/g, "");
    const percent = /^(.*?)\s*%$/.exec(plain);
    const digits = percent ? percent[1] : plain;
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(digits)) return NaN;
    return Number(digits) / (percent ? 100 : 1);
  }

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
    return Math.abs(toNumber(given) - toNumber(wanted)) <= tolerance + 1e-12;
  }

  /** @param {string} kind @param {string} given */
  function readable(kind, given) {
    return kind === "shape" ? toShape(given) !== null : !Number.isNaN(toNumber(given));
  }

  return { toNumber, toShape, same, readable };
})();

document.addEventListener("DOMContentLoaded", () => {
  const { html } = Explore;
  const { same, readable } = Explore.questions;

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
      const field = html("input", { id, autocomplete: "off", spellcheck: "false", oninput: clear,
        inputmode: kind === "shape" ? "text" : "decimal" });
      const wanted = question.querySelector(".question-value")?.textContent ?? "";
      const tolerance = Number(question.dataset.tolerance);
      const mistakes = [...question.querySelectorAll(".question-mistakes > li")];
      question.insertBefore(form, answers);
      form.append(html("div", { class: "explorer-field" },
        html("label", { for: id }, kind === "shape" ? "Your answer, a shape such as (2, 3)" : "Your answer, a number"),
        field));
      judge = () => {
        if (!readable(kind, field.value)) {
          return kind === "shape" ? "Type a shape such as (2, 3)." : "Type a number.";
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
