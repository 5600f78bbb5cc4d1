// A descent on a curve or a surface, with the update rules of dlbook.optimizers.
"use strict";

/**
 * @typedef {object} Surface
 * @property {string} name
 * @property {number} inputs  1 or 2.
 * @property {number} reach  The picture goes from -reach to reach.
 * @property {number[]} start
 * @property {(w: number[]) => number} loss
 * @property {(w: number[]) => number[]} gradient
 *
 * @typedef {{rate: number, momentum: number}} Settings
 * @typedef {(gradient: number, memory: Record<string, number>, step: number, settings: Settings) => number} Rule
 *   What to add to one weight; `step` counts from 1.
 */

Explore.descent = (() => {
  /** @type {Record<string, Surface>} */
  const SURFACES = {
    valleys: {
      name: "a curve with two valleys", inputs: 1, reach: 3, start: [2.6],
      loss: ([x]) => x ** 4 / 4 - x ** 3 / 12 - 1.2 * x ** 2 + 0.4 * x,
      gradient: ([x]) => [x ** 3 - x ** 2 / 4 - 2.4 * x + 0.4],
    },
    bowl: {
      name: "a bowl", inputs: 2, reach: 4, start: [-3.5, 1.7],
      loss: ([x, y]) => 0.5 * x ** 2 + 1.5 * y ** 2,
      gradient: ([x, y]) => [x, 3 * y],
    },
    ravine: {
      name: "a ravine", inputs: 2, reach: 4.5, start: [-4, 0.8],
      loss: ([x, y]) => 0.5 * x ** 2 + 15 * y ** 2,
      gradient: ([x, y]) => [x, 30 * y],
    },
    saddle: {
      name: "a saddle", inputs: 2, reach: 3, start: [2.5, 0.02],
      loss: ([x, y]) => 0.5 * x ** 2 - 0.5 * y ** 2 + y ** 4 / 8,
      gradient: ([x, y]) => [x, y ** 3 / 2 - y],
    },
  };

  const EPSILON = 1e-7;
  // As in Keras, which keeps them in float32.
  const [BETA_1, BETA_2] = [0.9, 0.999].map(Math.fround);

  /** @type {Record<string, {name: string, rate: number, momentum: boolean, rule: Rule}>} */
  const OPTIMIZERS = {
    sgd: {
      name: "plain gradient descent", rate: 0.1, momentum: false,
      rule: (gradient, memory, step, { rate }) => -rate * gradient,
    },
    momentum: {
      name: "momentum", rate: 0.1, momentum: true,
      rule: (gradient, memory, step, { rate, momentum }) => {
        memory.velocity = momentum * (memory.velocity ?? 0) - rate * gradient;
        return memory.velocity;
      },
    },
    nesterov: {
      name: "Nesterov momentum", rate: 0.1, momentum: true,
      rule: (gradient, memory, step, { rate, momentum }) => {
        memory.velocity = momentum * (memory.velocity ?? 0) - rate * gradient;
        return momentum * memory.velocity - rate * gradient;
      },
    },
    adagrad: {
      name: "Adagrad", rate: 0.5, momentum: false,
      rule: (gradient, memory, step, { rate }) => {
        memory.total = (memory.total ?? 0.1) + gradient ** 2;
        return (-rate * gradient) / Math.sqrt(memory.total + EPSILON);
      },
    },
    rmsprop: {
      name: "RMSprop", rate: 0.1, momentum: false,
      rule: (gradient, memory, step, { rate }) => {
        memory.square = 0.9 * (memory.square ?? 0) + (1 - 0.9) * gradient ** 2;
        return (-rate * gradient) / Math.sqrt(memory.square + EPSILON);
      },
    },
    adam: {
      name: "Adam", rate: 0.2, momentum: false,
      rule: (gradient, memory, step, { rate }) => {
        memory.mean = 0.9 * (memory.mean ?? 0) + (1 - 0.9) * gradient;
        memory.square = 0.999 * (memory.square ?? 0) + (1 - 0.999) * gradient ** 2;
        const correction = Math.sqrt(1 - BETA_2 ** step) / (1 - BETA_1 ** step);
        return (-rate * correction * memory.mean) / (Math.sqrt(memory.square) + EPSILON);
      },
    },
  };

  /**
   * A walk that can be taken step by step.
   * @param {string} surface @param {string} optimizer @param {Settings} settings @param {number[]} start
   */
  function walk(surface, optimizer, settings, start) {
    const { loss, gradient } = SURFACES[surface];
    const { rule } = OPTIMIZERS[optimizer];
    const memories = start.map(() => ({}));
    const path = [start];
    const losses = [loss(start)];
    return {
      path,
      losses,
      step() {
        const here = path[path.length - 1];
        const slopes = gradient(here);
        const there = here.map((w, k) => w + rule(slopes[k], memories[k], path.length, settings));
        path.push(there);
        losses.push(loss(there));
      },
      /** Whether the last point is so far away that it will not come back. */
      get lost() {
        return !(path[path.length - 1].every((w) => Math.abs(w) < 1e3));
      },
    };
  }

  return { SURFACES, OPTIMIZERS, walk };
})();

Explore.register("descent", (app) => {
  const { html, svg, number } = Explore;
  const { SURFACES, OPTIMIZERS, walk } = Explore.descent;
  const RUN = 60; // steps
  const SIDE = 320; // of the map, in its own units
  const HEIGHT = 150; // of the curve of the loss

  let surface = SURFACES.bowl;
  let run = walk("bowl", "sgd", { rate: 0.1, momentum: 0.9 }, surface.start);
  let timer = 0;

  // -- controls

  const select = (id, label, options, value) => {
    const field = html("select", { id, onchange: () => choose(id) },
      ...Object.entries(options).map(([key, { name }]) => html("option", { value: key }, name)));
    field.value = value;
    return { field, node: html("div", { class: "explorer-field" }, html("label", { for: id }, label), field) };
  };
  const slider = (id, label, min, max, step, write) => {
    const value = html("output", { for: id });
    const field = html("input", { id, type: "range", min, max, step, oninput: restart });
    const update = () => {
      value.textContent = write(Number(field.value));
      field.setAttribute("aria-valuetext", value.textContent);
    };
    return { field, update, node: html("div", { class: "explorer-field" },
      html("span", { class: "explorer-between" }, html("label", { for: id }, label), value), field) };
  };
  const surfaces = select("descent-surface", "Function", SURFACES, "bowl");
  const optimizers = select("descent-optimizer", "Optimizer", OPTIMIZERS, "sgd");
  // The slider holds the logarithm, since step sizes go over three powers of ten.
  const toRate = (exponent) => Number((10 ** exponent).toPrecision(2));
  const rate = slider("descent-rate", "Step size", -3, 0.3, 0.02, (value) => String(toRate(value)));
  const momentum = slider("descent-momentum", "Momentum", 0, 0.98, 0.02, (value) => value.toFixed(2));
  const starts = ["x", "y"].map((name) =>
    slider(`descent-${name}`, `Start ${name}`, -4, 4, 0.02, (value) => number(value)));
  const button = (text, act) => html("button", { type: "button", class: "explorer-button", onclick: act }, text);
  const stepButton = button("Step", () => {
    pause();
    step();
  });
  const runButton = button("Run", () => (timer ? pause() : play()));
  const resetButton = button("Reset", restart);

  // -- pictures

  const map = svg("svg", { class: "descent-map", viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img" });
  const ground = svg("g", {});
  const trail = svg("g", {});
  map.append(ground, trail);
  const chart = svg("svg", { class: "descent-chart", viewBox: `0 0 ${SIDE} ${HEIGHT}`, role: "img" });
  const verdict = html("p", { class: "explorer-verdict descent-verdict" });
  const speaker = Explore.speaker();

  app.append(
    html("div", { class: "explorer-controls" }, surfaces.node, optimizers.node, rate.node,
      momentum.node, ...starts.map(({ node }) => node)),
    html("div", { class: "explorer-row" }, stepButton, runButton, resetButton),
    verdict,
    html("div", { class: "descent-pictures" },
      html("div", {}, map, html("p", { class: "explorer-note" },
        "Click or drag in the picture to start there. A ring marks the start, a disc the last step.")),
      html("div", {}, chart, html("p", { class: "explorer-note" }, "The loss after each step."))),
    speaker.node,
  );

  // -- geometry of the pictures

  const toX = (x) => SIDE / 2 + (x / surface.reach) * (SIDE / 2 - 4);
  const toY = (y) => SIDE / 2 - (y / surface.reach) * (SIDE / 2 - 4);
  let lossRange = [0, 1];
  const toHeight = (value) => {
    const [low, high] = lossRange;
    return SIDE - 12 - ((value - low) / (high - low)) * (SIDE - 30);
  };
  /** @param {number[]} w */
  const spot = (w) => [toX(w[0]), surface.inputs === 1 ? toHeight(surface.loss(w)) : toY(w[1])]
    .map((value) => Math.min(Math.max(value, -9e3), 9e3).toFixed(2));

  /** Lines of equal loss, by marching squares. */
  function contours() {
    const cells = 64;
    const at = (k) => -surface.reach + (2 * surface.reach * k) / cells;
    const values = Array.from({ length: cells + 1 }, (_, i) =>
      Array.from({ length: cells + 1 }, (_, j) => surface.loss([at(j), at(i)])));
    const sorted = values.flat().sort((a, b) => a - b);
    return Array.from({ length: 11 }, (_, k) => {
      const level = sorted[Math.floor(((k + 0.5) / 11) ** 1.5 * (sorted.length - 1))];
      let d = "";
      for (let i = 0; i < cells; i += 1) {
        for (let j = 0; j < cells; j += 1) {
          const corners = [[i, j], [i, j + 1], [i + 1, j + 1], [i + 1, j]];
          const cuts = [];
          corners.forEach(([a, b], c) => {
            const [p, q] = corners[(c + 1) % 4];
            const [here, there] = [values[a][b] - level, values[p][q] - level];
            if (here < 0 === there < 0) return;
            const share = here / (here - there);
            cuts.push(`${toX(at(b + share * (q - b))).toFixed(1)} ${toY(at(a + share * (p - a))).toFixed(1)}`);
          });
          for (let c = 0; c + 1 < cuts.length; c += 2) d += `M${cuts[c]}L${cuts[c + 1]}`;
        }
      }
      return svg("path", { d, class: "descent-contour" });
    });
  }

  function drawGround() {
    const { inputs, reach, loss } = surface;
    if (inputs === 2) {
      ground.replaceChildren(
        svg("path", { d: `M${toX(-reach)} ${toY(0)}H${toX(reach)}M${toX(0)} ${toY(-reach)}V${toY(reach)}`, class: "descent-axis" }),
        ...contours());
      return;
    }
    const xs = Array.from({ length: 121 }, (_, k) => -reach + (2 * reach * k) / 120);
    const values = xs.map((x) => loss([x]));
    lossRange = [Math.min(...values), loss([-2.8])];
    const d = xs.map((x, k) => `${k ? "L" : "M"}${toX(x).toFixed(1)} ${toHeight(values[k]).toFixed(1)}`).join("");
    ground.replaceChildren(svg("path", { d, class: "descent-curve" }));
  }

  function drawTrail() {
    const points = run.path.map(spot);
    const last = points[points.length - 1];
    trail.replaceChildren(
      svg("polyline", { points: points.join(" "), class: "descent-path" }),
      ...points.slice(1, -1).map(([x, y]) => svg("circle", { cx: x, cy: y, r: 2.5, class: "descent-step" })),
      svg("circle", { cx: points[0][0], cy: points[0][1], r: 7, class: "descent-start" }),
      svg("circle", { cx: last[0], cy: last[1], r: 5, class: "descent-step" }));
    const shown = run.losses.filter(Number.isFinite);
    const [low, high] = [Math.min(...shown, 0), Math.max(...shown)];
    const across = (k) => 8 + (k / Math.max(shown.length - 1, 20)) * (SIDE - 16);
    const up = (value) => HEIGHT - 20 - ((value - low) / (high - low || 1)) * (HEIGHT - 44);
    chart.replaceChildren(
      svg("path", { d: `M8 ${up(0).toFixed(1)}H${SIDE - 8}`, class: "descent-axis" }),
      svg("polyline", { points: shown.map((value, k) => `${across(k).toFixed(1)},${up(value).toFixed(1)}`).join(" "), class: "descent-path" }),
      svg("text", { x: 8, y: 14, class: "descent-text" }, `highest ${write(high)}`),
      svg("text", { x: 8, y: HEIGHT - 4, class: "descent-text" }, `lowest ${write(Math.min(...shown))}`),
      svg("text", { x: SIDE - 8, y: 14, class: "descent-text is-end" }, `last ${write(shown[shown.length - 1])}`));
  }

  /** @param {number} value */
  function write(value) {
    if (Math.abs(value) >= 1e4) return value.toExponential(1).replace("e+", "·10^").replace("-", "−");
    return number(value, 4);
  }

  function tell() {
    const steps = run.path.length - 1;
    const here = run.path[steps];
    const names = ["x", "y"];
    const where = here.map((w, k) => `${names[k]} = ${write(w)}`).join(", ");
    const count = steps === 1 ? "1 step" : `${steps} steps`;
    const slope = Math.hypot(...surface.gradient(here));
    let text = `After ${count}: ${where}, loss ${write(run.losses[steps])}, slope ${write(slope)}.`;
    if (run.lost) text = `It diverges: after ${count} the point is far outside the picture. The step is too large for this function.`;
    verdict.classList.toggle("is-refused", run.lost);
    verdict.textContent = text;
    app.dataset.path = JSON.stringify(run.path);
    const flat = surface.inputs === 1 ? "Curve" : "Map with lines of equal loss";
    map.setAttribute("aria-label", `${flat} of ${surface.name}, with the path of the descent. ${text}`);
    chart.setAttribute("aria-label", `The loss over ${count}, from ${write(run.losses[0])} to ${write(run.losses[steps])}.`);
    if (!timer) speaker.say(text);
  }

  // -- what the reader does

  function step() {
    if (!run.lost) run.step();
    refuse(run.lost);
    drawTrail();
    tell();
  }

  /** Say that no further step makes sense, without taking the focus from the button.
   * @param {boolean} lost */
  function refuse(lost) {
    for (const button of [stepButton, runButton]) button.setAttribute("aria-disabled", String(lost));
  }

  function pause() {
    clearInterval(timer);
    timer = 0;
    runButton.textContent = "Run";
  }

  function play() {
    let left = RUN;
    const more = () => {
      if (left > 0 && !run.lost) {
        left -= 1;
        step();
      }
      if (left > 0 && !run.lost) return true;
      pause();
      tell();
      return false;
    };
    if (Explore.reducedMotion) {
      while (more());
      return;
    }
    runButton.textContent = "Pause";
    timer = setInterval(more, 60);
  }

  function restart() {
    pause();
    const settings = { rate: toRate(Number(rate.field.value)), momentum: Number(momentum.field.value) };
    const start = starts.slice(0, surface.inputs).map(({ field }) => Number(field.value));
    run = walk(surfaces.field.value, optimizers.field.value, settings, start);
    refuse(false);
    for (const control of [rate, momentum, ...starts]) control.update();
    drawTrail();
    tell();
  }

  /** @param {string} id */
  function choose(id) {
    surface = SURFACES[surfaces.field.value];
    const optimizer = OPTIMIZERS[optimizers.field.value];
    if (id !== "descent-surface") rate.field.value = Math.log10(optimizer.rate);
    momentum.node.hidden = !optimizer.momentum;
    if (id !== "descent-optimizer") {
      starts[1].node.hidden = surface.inputs === 1;
      starts.forEach(({ field }, k) => {
        field.min = -surface.reach;
        field.max = surface.reach;
        field.value = surface.start[k] ?? 0;
      });
      drawGround();
    }
    restart();
  }

  /** @param {PointerEvent} event */
  function startHere(event) {
    const box = map.getBoundingClientRect();
    const share = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    const units = share.map((value) => ((value - 0.5) * SIDE * surface.reach) / (SIDE / 2 - 4));
    starts[0].field.value = units[0];
    if (surface.inputs === 2) starts[1].field.value = -units[1];
    restart();
  }
  map.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    map.setPointerCapture(event.pointerId);
    startHere(event);
  });
  map.addEventListener("pointermove", (event) => {
    if (map.hasPointerCapture(event.pointerId)) startHere(event);
  });

  momentum.field.value = 0.9;
  choose("");
});
