// Two shapes, compared from the right as NumPy does.
"use strict";

/**
 * @typedef {object} Axis  One axis of the comparison, counted from the right: -1 is the last.
 * @property {number} axis
 * @property {(number | null)[]} lengths  Of both shapes; null where a shape has no such axis.
 * @property {number | null} result  null if the lengths do not fit.
 * @property {string} reason
 */

Explore.broadcasting = (() => {
  const MOST_AXES = 8;
  const MOST_LENGTH = 999_999_999;

  /**
   * Read a shape as one writes it: "(64, 3, 32, 10)", "64 3 32 10", "()" or "3,".
   * @param {string} text
   * @returns {{shape: number[]} | {error: string}}
   */
  function parse(text) {
    const inner = text.trim().replace(/^[([]\s*(.*?)\s*[)\]]$/, "$1");
    const parts = inner.split(/[\s,×x]+/).filter(Boolean);
    const wrong = parts.find((part) => !/^\d+$/.test(part));
    if (wrong !== undefined) {
      return { error: `expected whole numbers such as 64, 3, 32. Received: ${wrong}` };
    }
    if (parts.length > MOST_AXES) {
      return { error: `expected at most ${MOST_AXES} axes here. Received: ${parts.length}` };
    }
    const shape = parts.map(Number);
    if (shape.some((length) => length > MOST_LENGTH)) {
      return { error: "expected lengths below a billion. Received: a longer one" };
    }
    return { shape };
  }

  /** Write a shape as Python does. @param {number[]} shape */
  function write(shape) {
    return `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  }

  /**
   * Compare two shapes.
   * @param {number[]} one
   * @param {number[]} other
   * @returns {{axes: Axis[], shape: number[] | null}}  The axes from left to right.
   */
  function compare(one, other) {
    const rank = Math.max(one.length, other.length);
    const axes = Array.from({ length: rank }, (_, place) => {
      const axis = place - rank;
      const lengths = [one, other].map((shape) => shape[shape.length + axis] ?? null);
      const [a, b] = lengths.map((length) => length ?? 1);
      const fits = a === b || a === 1 || b === 1;
      const result = fits ? (a === 1 ? b : a) : null;
      let reason;
      if (!fits) reason = `${a} and ${b} differ, and neither is 1: refused.`;
      else if (lengths.includes(null)) {
        const which = lengths[0] === null ? "The first" : "The second";
        reason = `${which} shape has no such axis, so 1 is put in front` +
          (result === 1 ? "." : ` and stretched to ${result}.`);
      } else if (a === b) reason = `Both are ${a}: nothing to do.`;
      else reason = `The ${a === 1 ? "first" : "second"} is 1: stretched to ${result}.`;
      return { axis, lengths, result, reason };
    });
    const fits = axes.every(({ result }) => result !== null);
    return { axes, shape: fits ? axes.map(({ result }) => /** @type {number} */ (result)) : null };
  }

  return { parse, write, compare };
})();

Explore.register("broadcasting", (app) => {
  const { html, svg } = Explore;
  const { parse, write, compare } = Explore.broadcasting;
  const EXAMPLES = [
    ["(2, 3)", "(3,)"],
    ["(3, 1)", "(3,)"],
    ["(64, 3, 32, 10)", "(32, 10)"],
    ["(2, 3)", "(2,)"],
  ];
  const NAMES = ["first", "second"];
  const PICTURE = 6; // rows and columns that a picture can hold

  const speaker = Explore.speaker();
  const output = html("div", { class: "broadcasting-output" });
  const fields = NAMES.map((name, k) =>
    html("input", {
      id: `broadcasting-${name}`,
      value: EXAMPLES[1][k],
      autocomplete: "off",
      spellcheck: "false",
      "aria-describedby": `broadcasting-${name}-error`,
      oninput: update,
    }),
  );
  const errors = NAMES.map((name) =>
    html("p", { id: `broadcasting-${name}-error`, class: "explorer-error" }),
  );

  app.append(
    html(
      "div",
      { class: "explorer-controls" },
      ...NAMES.map((name, k) =>
        html("div", { class: "explorer-field" },
          html("label", { for: `broadcasting-${name}` }, `Shape of the ${name} tensor`),
          fields[k],
          errors[k]),
      ),
    ),
    html(
      "div",
      { class: "explorer-row", role: "group", "aria-label": "Examples" },
      ...EXAMPLES.map(([one, other]) =>
        html("button", { type: "button", class: "explorer-button", onclick: () => set(one, other) },
          `${one} and ${other}`),
      ),
    ),
    output,
    speaker.node,
  );

  /** @param {string} one @param {string} other */
  function set(one, other) {
    fields[0].value = one;
    fields[1].value = other;
    update();
  }

  function update() {
    const shapes = fields.map((field, k) => {
      const parsed = parse(field.value);
      const error = "error" in parsed ? parsed.error : "";
      errors[k].textContent = error;
      field.setAttribute("aria-invalid", String(Boolean(error)));
      return "shape" in parsed ? parsed.shape : null;
    });
    const [one, other] = shapes;
    if (!one || !other) {
      output.replaceChildren();
      output.dataset.result = "";
      speaker.say("One of the shapes cannot be read.");
      return;
    }
    const { axes, shape } = compare(one, other);
    const wrong = axes.filter(({ result }) => result === null);
    const verdict = shape
      ? `The result has shape ${write(shape)}.`
      : `Refused: ${write(one)} and ${write(other)} do not fit. ${wrong
          .map(({ axis, lengths: [a, b] }) => `On axis ${Explore.number(axis, 0)}, ${a} meets ${b}`)
          .join("; ")}.`;
    output.dataset.result = shape ? JSON.stringify(shape) : "refused";
    output.replaceChildren(
      html("p", { class: shape ? "explorer-verdict" : "explorer-verdict is-refused" }, verdict),
      ...(axes.length ? [table(axes), reasons(axes)] : [html("p", {}, "Two single numbers.")]),
      ...(shape ? picture(one, other, shape) : []),
    );
    speaker.say(verdict);
  }

  /** The shapes under each other, aligned from the right. @param {Axis[]} axes */
  function table(axes) {
    const row = (name, cells) =>
      html("tr", {}, html("th", { scope: "row" }, name), ...cells);
    const given = (k) =>
      axes.map(({ lengths, result }) => {
        const length = lengths[k];
        if (result === null) return html("td", { class: "is-refused" }, `${length ?? 1} ✗`);
        if (length === null) {
          const to = result === 1 ? "" : ` → ${result}`;
          return html("td", { class: "is-added" }, `(1)${to}`);
        }
        return length === result
          ? html("td", {}, String(length))
          : html("td", { class: "is-stretched" }, `1 → ${result}`);
      });
    return html(
      "div",
      { class: "explorer-scroll", tabindex: "0", role: "region", "aria-label": "Shapes, aligned" },
      html(
        "table",
        { class: "broadcasting-table" },
        html("thead", {},
          row("axis", axes.map(({ axis }) =>
            html("th", { scope: "col" }, Explore.number(axis, 0))))),
        html("tbody", {},
          row("first", given(0)),
          row("second", given(1)),
          row("result", axes.map(({ result }) =>
            result === null
              ? html("td", { class: "is-refused" }, "✗")
              : html("td", { class: "is-result" }, String(result))))),
      ),
    );
  }

  /** What happens on each axis, from right to left. @param {Axis[]} axes */
  function reasons(axes) {
    return html(
      "ul",
      { class: "explorer-reasons" },
      ...[...axes].reverse().map(({ axis, reason }) =>
        html("li", {}, `Axis ${Explore.number(axis, 0)}: ${reason}`)),
    );
  }

  /**
   * Both tensors with their virtual copies, and the sum, if they are small enough to be drawn.
   * @param {number[]} one @param {number[]} other @param {number[]} shape
   */
  function picture(one, other, shape) {
    const [rows, columns] = [1, 1, ...shape].slice(-2);
    if (shape.length > 2 || !rows || !columns || rows > PICTURE || columns > PICTURE) {
      return [html("p", { class: "explorer-note" },
        `Shapes of at most two axes, with lengths from 1 to ${PICTURE}, are drawn here with numbers.`)];
    }
    const tensors = [one, other].map((own, k) => {
      const [height, width] = [1, 1, ...own].slice(-2);
      const step = k === 0 ? 1 : 10;
      return {
        at: (i, j) => step * (1 + width * (height === 1 ? 0 : i) + (width === 1 ? 0 : j)),
        real: (i, j) => i < height && j < width,
        stretched: height < rows || width < columns,
      };
    });
    const [x, y] = tensors;
    const sum = { at: (i, j) => x.at(i, j) + y.at(i, j), real: () => true, stretched: false };
    const grids = [["first", x, ""], ["second", y, "+"], ["sum", sum, "="]];
    return [
      html(
        "div",
        { class: "broadcasting-picture" },
        ...grids.map(([name, tensor, sign]) =>
          html("div", { class: "broadcasting-term" },
            html("span", { class: "broadcasting-sign" }, sign),
            draw(name, tensor, rows, columns))),
      ),
      html("p", { class: "explorer-note" }, "Blue cells are stored once. Dashed cells are virtual copies: they read the number of a blue cell again."),
    ];
  }

  function draw(name, tensor, rows, columns) {
    const [width, height] = [44, 30];
    const values = [];
    const cells = [];
    for (let i = 0; i < rows; i += 1) {
      values.push([]);
      for (let j = 0; j < columns; j += 1) {
        const real = tensor.real(i, j);
        const kind = real ? (tensor.stretched ? " is-stored" : "") : " is-virtual";
        values[i].push(tensor.at(i, j));
        cells.push(
          svg("rect", { x: 1 + j * width + 2, y: 1 + i * height + 2, width: width - 4,
            height: height - 4, rx: 3, class: `cell${kind}` }),
          svg("text", { x: 1 + (j + 0.5) * width, y: 1 + (i + 0.5) * height + 5,
            class: `entry${kind}` }, String(tensor.at(i, j))),
        );
      }
    }
    const label = `${name}: rows ${values.map((row) => row.join(", ")).join("; ")}`;
    const [w, h] = [columns * width + 2, rows * height + 2];
    return svg("svg", { viewBox: `0 0 ${w} ${h}`, width: w, height: h, role: "img",
      "aria-label": label }, ...cells);
  }

  update();
});
