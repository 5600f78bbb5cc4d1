// Maps of the plane: a matrix and a vector, relu if wanted, and a second map after it.
"use strict";

/**
 * @typedef {[number, number]} Point
 * @typedef {{W: [Point, Point], b: Point}} AffineMap  W holds rows; a point x goes to W x + b.
 */

Explore.geometry = (() => {
  const turn = Math.PI / 6;
  /** @type {Record<string, {name: string, W: [Point, Point], b: Point}>} */
  const PRESETS = {
    identity: { name: "nothing moves", W: [[1, 0], [0, 1]], b: [0, 0] },
    translation: { name: "translation by (1, 0.5)", W: [[1, 0], [0, 1]], b: [1, 0.5] },
    rotation: {
      name: "rotation by 30°",
      W: [[Math.cos(turn), -Math.sin(turn)], [Math.sin(turn), Math.cos(turn)]], b: [0, 0],
    },
    scaling: { name: "scaling by 2 and 0.5", W: [[2, 0], [0, 0.5]], b: [0, 0] },
    shear: { name: "shear by 1", W: [[1, 1], [0, 1]], b: [0, 0] },
    mirror: { name: "mirror, left and right", W: [[-1, 0], [0, 1]], b: [0, 0] },
    projection: { name: "projection to the x axis", W: [[1, 0], [0, 0]], b: [0, 0] },
  };

  /** @param {AffineMap} map @param {Point} point @returns {Point} */
  function apply({ W, b }, [x, y]) {
    return [W[0][0] * x + W[0][1] * y + b[0], W[1][0] * x + W[1][1] * y + b[1]];
  }

  /** @param {AffineMap} map */
  function determinant({ W }) {
    return W[0][0] * W[1][1] - W[0][1] * W[1][0];
  }

  /** The one map that does what two maps do. @param {AffineMap} outer @param {AffineMap} inner @returns {AffineMap} */
  function compose(outer, inner) {
    const column = (k) => [0, 1].map((i) =>
      outer.W[i][0] * inner.W[0][k] + outer.W[i][1] * inner.W[1][k]);
    const [first, second] = [column(0), column(1)];
    return {
      W: [[first[0], second[0]], [first[1], second[1]]],
      b: apply(outer, inner.b),
    };
  }

  return { PRESETS, apply, determinant, compose };
})();

Explore.register("geometry", (app) => {
  const { html, svg, number } = Explore;
  const { PRESETS, apply, determinant, compose } = Explore.geometry;
  const SIDE = 360;
  const REACH = 4.5;
  const UNIT = SIDE / (2 * REACH);
  const LINES = [-3, -2, -1, 0, 1, 2, 3];
  const NAMES = ["a", "b", "c", "d", "p", "q"];
  const WHERE = ["row 1, column 1", "row 1, column 2", "row 2, column 1", "row 2, column 2",
    "entry 1", "entry 2"];

  /** @type {{W: [Point, Point], b: Point}} */
  let map = structuredClone(PRESETS.rotation);

  // -- controls

  const options = (some) => Object.entries(some).map(([key, { name }]) => html("option", { value: key }, name));
  const field = (id, label, control) =>
    html("div", { class: "explorer-field" }, html("label", { for: id }, label), control);
  const preset = html("select", { id: "geometry-first", onchange: () => {
    if (preset.value === "own") return;
    map = structuredClone(PRESETS[preset.value]);
    update();
  } }, ...options(PRESETS), html("option", { value: "own" }, "a map of your own"));
  const second = html("select", { id: "geometry-second", onchange: update },
    ...options({ ...PRESETS, identity: { name: "none" } }));
  const relu = html("input", { id: "geometry-relu", type: "checkbox", onchange: update });
  const sliders = NAMES.map((name, k) => {
    const id = `geometry-${name}`;
    const value = html("output", { for: id });
    const input = html("input", { id, type: "range", min: -3, max: 3, step: 0.05, oninput: () => {
      set(k, Number(input.value));
      own();
    } });
    const kind = k < 4 ? "W" : "b";
    return { input, value, node: html("div", { class: "explorer-field" },
      html("span", { class: "explorer-between" },
        html("label", { for: id }, `${kind}, ${WHERE[k]}`), value), input) };
  });

  /** @param {number} k */
  const get = (k) => (k < 4 ? map.W[k >> 1][k & 1] : map.b[k - 4]);
  /** @param {number} k @param {number} value */
  function set(k, value) {
    if (k < 4) map.W[k >> 1][k & 1] = value;
    else map.b[k - 4] = value;
  }

  // -- pictures

  const picture = svg("svg", { class: "geometry-picture", viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img" });
  const drawing = svg("g", {});
  const handles = ["first", "second", "origin"].map((name) =>
    svg("circle", { r: 10, class: `geometry-handle is-${name}` }));
  picture.append(drawing, ...handles);
  const formula = html("div", { class: "geometry-formula explorer-scroll", tabindex: "0", role: "region", "aria-label": "Formula with the current numbers" });
  const verdict = html("p", { class: "explorer-verdict geometry-verdict" });
  const speaker = Explore.speaker();

  app.append(
    html("div", { class: "explorer-controls" },
      field("geometry-first", "First map", preset),
      field("geometry-second", "Then a second map", second)),
    html("div", { class: "explorer-check" }, relu,
      html("label", { for: "geometry-relu" }, "relu after the first map")),
    html("div", { class: "geometry-desk" },
      html("div", {}, picture, html("p", { class: "explorer-note" },
        "Grey: the plane before. Purple: after, with the unit square in green. Drag the tips of the two arrows, or the dot where the origin went; they belong to the first map.")),
      html("div", { class: "geometry-sliders" }, ...sliders.map(({ node }) => node))),
    formula,
    verdict,
    speaker.node,
  );

  /** @param {Point} point */
  const spot = ([x, y]) => [SIDE / 2 + x * UNIT, SIDE / 2 - y * UNIT];
  /** @param {Point[]} points */
  const pointsOf = (points) => points.map((point) => spot(point).map((v) => v.toFixed(2)).join(",")).join(" ");

  /** Where a point goes. @param {Point} point @returns {Point} */
  function move(point) {
    const [x, y] = apply(map, point);
    return apply(PRESETS[second.value], relu.checked ? [Math.max(x, 0), Math.max(y, 0)] : [x, y]);
  }

  /** The points of a line of the grid, close enough for folds to be seen. */
  function line(fixed, upright) {
    return Array.from({ length: 121 }, (_, k) => {
      const running = -3 + k / 20;
      return upright ? [fixed, running] : [running, fixed];
    });
  }

  function matrix(rows) {
    const cell = (value) => `<mtd><mn>${number(value)}</mn></mtd>`;
    return `<mrow><mo>(</mo><mtable>${rows.map((row) => `<mtr>${row.map(cell).join("")}</mtr>`).join("")}</mtable><mo>)</mo></mrow>`;
  }
  const applied = ({ W, b }, inner) => `${matrix(W)}${inner}<mo>+</mo>${matrix(b.map((value) => [value]))}`;

  function update() {
    const outer = PRESETS[second.value];
    const both = compose(outer, map);
    sliders.forEach(({ input, value }, k) => {
      input.value = get(k);
      value.textContent = number(get(k));
      input.setAttribute("aria-valuetext", number(get(k)));
    });

    const lines = LINES.flatMap((fixed) => [line(fixed, true), line(fixed, false)]);
    const square = [[0, 0], [1, 0], [1, 1], [0, 1]];
    const edge = square.flatMap(([x, y], k) => {
      const [u, v] = square[(k + 1) % 4];
      return Array.from({ length: 20 }, (_, s) => [x + ((u - x) * s) / 20, y + ((v - y) * s) / 20]);
    });
    const arrow = (tip, name) => svg("polyline", { class: `geometry-arrow is-${name}`,
      points: pointsOf(Array.from({ length: 21 }, (_, k) => move([(tip[0] * k) / 20, (tip[1] * k) / 20]))) });
    drawing.replaceChildren(
      ...lines.map((points) => svg("polyline", { class: "geometry-before", points: pointsOf([points[0], points[120]]) })),
      ...lines.map((points) => svg("polyline", { class: "geometry-after", points: pointsOf(points.map(move)) })),
      svg("polygon", { class: "geometry-unit", points: pointsOf(square) }),
      svg("polygon", { class: "geometry-square", points: pointsOf(edge.map(move)) }),
      arrow([1, 0], "first"), arrow([0, 1], "second"));
    [[1, 0], [0, 1], [0, 0]].forEach((point, k) => {
      const [cx, cy] = spot(move(point));
      handles[k].setAttribute("cx", cx.toFixed(2));
      handles[k].setAttribute("cy", cy.toFixed(2));
      // What lies behind relu or a second map cannot be dragged: many points go to one place.
      handles[k].style.display = relu.checked || second.value !== "identity" ? "none" : "";
    });

    const inside = applied(map, "<mi>x</mi>");
    const relued = relu.checked ? `<mi>relu</mi><mrow><mo>(</mo>${inside}<mo>)</mo></mrow>` : inside;
    const wrapped = relu.checked ? relued : `<mrow><mo>(</mo>${inside}<mo>)</mo></mrow>`;
    const alone = second.value === "identity";
    const whole = alone ? relued : applied(outer, wrapped);
    const one = alone || relu.checked ? "" : `<mo>=</mo>${applied(both, "<mi>x</mi>")}`;
    formula.innerHTML = `<math><mi>x</mi><mo>↦</mo>${whole}</math>${one && `<math>${one}</math>`}`;

    const area = determinant(both);
    let text;
    if (relu.checked) {
      text = `The first map has determinant ${number(determinant(map))}. relu folds what lies below zero, so no single matrix does the whole.`;
    } else {
      text = `Determinant ${number(area)}: `;
      if (Math.abs(area) < 0.005) text += "areas vanish; the plane is pressed onto a line or a point.";
      else text += `areas are multiplied by ${number(Math.abs(area))}${area < 0 ? ", and left and right change places" : ""}.`;
      if (!alone) text += " The two maps are one map.";
    }
    verdict.textContent = text;
    picture.setAttribute("aria-label", `The grid and the unit square before and after the map. The corner (1, 0) goes to (${move([1, 0]).map((v) => number(v)).join(", ")}), the corner (0, 1) to (${move([0, 1]).map((v) => number(v)).join(", ")}), the origin to (${move([0, 0]).map((v) => number(v)).join(", ")}).`);
    app.dataset.map = JSON.stringify(both);
    speaker.say(text);
  }

  function own() {
    preset.value = "own";
    update();
  }

  // -- dragging

  /** @param {PointerEvent} event @returns {Point} */
  function place(event) {
    const box = picture.getBoundingClientRect();
    const share = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    return [(share[0] - 0.5) * 2 * REACH, (0.5 - share[1]) * 2 * REACH];
  }
  const held = (value) => Math.min(3, Math.max(-3, Math.round(value * 20) / 20));

  handles.forEach((handle, k) => {
    handle.addEventListener("pointerdown", (event) => {
      if (event.button > 0) return;
      event.preventDefault();
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener("pointermove", (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const [x, y] = place(event);
      if (k === 2) map.b = [held(x), held(y)];
      else {
        map.W[0][k] = held(x - map.b[0]);
        map.W[1][k] = held(y - map.b[1]);
      }
      own();
    });
  });

  preset.value = "rotation";
  update();
});
