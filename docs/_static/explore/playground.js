// A digit that the reader draws, and what the network that this build trained says to it.
"use strict";

/**
 * @typedef {object} Network  A dense layer with relu, and a dense layer with softmax.
 * @property {Float32Array} W1  Row by row: one row for each pixel.
 * @property {Float32Array} b1
 * @property {Float32Array} W2
 * @property {Float32Array} b2
 *
 * @typedef {object} Answer
 * @property {Float64Array} hidden  What the hidden units say, after relu.
 * @property {Float64Array} scores  Before the softmax.
 * @property {Float64Array} probabilities
 * @property {number} winner
 * @property {number} rival  The class with the second largest probability.
 */

Explore.playground = (() => {
  const FIELD = 28;
  const BOX = 20;

  // Where there are many numbers, plain loops: on a phone they are many times faster than `from`.
  /** @param {string} text  base64 @returns {ArrayBuffer} */
  function bytes(text) {
    const letters = atob(text);
    const codes = new Uint8Array(letters.length);
    for (let k = 0; k < codes.length; k += 1) codes[k] = letters.charCodeAt(k);
    return codes.buffer;
  }

  /** Read what the page's code has packed. @param {any} data @returns {{network: Network, images: Uint8Array, labels: string, answers: string}} */
  function unpack({ layers, images, labels, answers }) {
    const [first, second] = layers.map(({ outputs, codes, scales, biases }) => {
      const [whole, scale] = [new Int8Array(bytes(codes)), new Float32Array(bytes(scales))];
      const W = new Float32Array(whole.length);
      for (let place = 0; place < W.length; place += 1) W[place] = whole[place] * scale[place % outputs];
      return [W, new Float32Array(bytes(biases))];
    });
    const network = { W1: first[0], b1: first[1], W2: second[0], b2: second[1] };
    return { network, images: new Uint8Array(bytes(images)), labels, answers };
  }

  /** x @ W + b @param {ArrayLike<number>} x @param {Float32Array} W @param {Float32Array} b */
  function affine(x, W, b) {
    const sums = Float64Array.from(b);
    for (let i = 0; i < x.length; i += 1) {
      if (x[i] === 0) continue;
      const [value, row] = [x[i], i * sums.length];
      for (let j = 0; j < sums.length; j += 1) sums[j] += value * W[row + j];
    }
    return sums;
  }

  /** Let the network look. @param {Network} network @param {ArrayLike<number>} x @returns {Answer} */
  function answer(network, x) {
    const hidden = affine(x, network.W1, network.b1).map((sum) => Math.max(sum, 0));
    const scores = affine(hidden, network.W2, network.b2);
    const most = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - most));
    const total = powers.reduce((sum, power) => sum + power, 0);
    const order = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a]);
    const probabilities = powers.map((power) => power / total);
    return { hidden, scores, probabilities, winner: order[0], rival: order[1] };
  }

  /**
   * Ink times the gradient of score[winner] - score[rival]: the vote of each pixel.
   * @param {Network} network @param {ArrayLike<number>} x @param {Answer} said
   */
  function votes(network, x, { hidden, scores, winner, rival }) {
    const behind = hidden.map((value, j) => {
      const row = j * scores.length;
      return value > 0 ? network.W2[row + winner] - network.W2[row + rival] : 0;
    });
    return Float64Array.from(x, (ink, i) => {
      if (ink === 0) return 0;
      let slope = 0;
      for (let j = 0; j < behind.length; j += 1) slope += network.W1[i * behind.length + j] * behind[j];
      return ink * slope;
    });
  }

  /** The shares of `length` points in each of `parts` means. @returns {[number, number][][]} */
  function means(parts, length) {
    return Array.from({ length: parts }, (_, i) => {
      const [from, until] = [(i * length) / parts, ((i + 1) * length) / parts];
      /** @type {[number, number][]} */
      const shares = [];
      for (let p = Math.floor(from); p < Math.min(Math.ceil(until), length); p += 1) {
        shares.push([p, ((Math.min(until, p + 1) - Math.max(from, p)) * parts) / length]);
      }
      return shares;
    });
  }

  /** Where a stretch of masses begins if its centre shall be in the middle, at pixel 14. @param {number[]} masses */
  function start(masses) {
    const total = masses.reduce((sum, mass) => sum + mass, 0);
    const centre = masses.reduce((sum, mass, k) => sum + mass * k, 0) / total;
    return Math.min(Math.max(Math.floor(FIELD / 2 - centre + 0.5), 0), FIELD - masses.length);
  }

  /**
   * Bring a drawing into the form of MNIST's digits, as dlbook.playground.to_field does.
   * @param {ArrayLike<number>} ink  Row by row. @param {number} width @param {number} height
   * @returns {Float64Array}  28×28 numbers.
   */
  function toField(ink, width, height) {
    const field = new Float64Array(FIELD * FIELD);
    let [top, bottom, left, right] = [height, -1, width, -1];
    for (let i = 0; i < height; i += 1) {
      for (let j = 0; j < width; j += 1) {
        if (!ink[i * width + j]) continue;
        top = Math.min(top, i);
        bottom = i;
        left = Math.min(left, j);
        right = Math.max(right, j);
      }
    }
    if (bottom < 0) return field;
    const [h, w] = [bottom - top + 1, right - left + 1];
    const factor = BOX / Math.max(h, w);
    const [rows, columns] = [h, w].map((side) => Math.max(1, Math.floor(side * factor + 0.5)));
    const [down, across] = [means(rows, h), means(columns, w)];
    const small = down.map((some) =>
      across.map((others) => {
        let sum = 0;
        for (const [p, share] of some) {
          const row = (top + p) * width + left;
          for (const [q, part] of others) sum += share * part * ink[row + q];
        }
        return sum;
      }),
    );
    const y = start(small.map((row) => row.reduce((sum, value) => sum + value, 0)));
    const x = start(small[0].map((_, j) => small.reduce((sum, row) => sum + row[j], 0)));
    small.forEach((row, i) => field.set(row, (y + i) * FIELD + x));
    return field;
  }

  return { unpack, answer, votes, toField };
})();

/**
 * Fill a box with a field to draw in and with what a network says.
 * @param {HTMLElement} app
 * @param {{network: Network, images: Uint8Array, labels: string}} given  The images can be chosen.
 */
Explore.playground.desk = (app, { network, images, labels }) => {
  const { html } = Explore;
  const { answer, votes, toField } = Explore.playground;
  const FIELD = 28;
  const SIDE = 280; // of the drawing field, in its own units
  const UNITS = 6;
  const CLASSES = [...Array(10).keys()];

  /** @type {[number, number][][]} */
  let strokes = [];
  /** @type {ArrayLike<number>} */
  let x = new Float64Array(FIELD * FIELD);
  /** @type {number[]} */
  let said = []; // the answers, as they changed while the reader drew
  let waiting = false;

  // -- what the reader uses

  const pad = html("canvas", { class: "playground-pad", width: SIDE, height: SIDE, role: "img",
    "aria-label": "Drawing field. Draw with mouse or finger, or choose a test digit." });
  const undo = html("button", { type: "button", class: "explorer-button", onclick: () => {
    strokes.pop();
    drawn();
  } }, "Undo last stroke");
  const clear = html("button", { type: "button", class: "explorer-button", onclick: () => {
    strokes = [];
    said = [];
    drawn();
  } }, "Clear");
  const choices = Array.from(labels, (label, k) => {
    const input = html("input", { type: "radio", name: "playground-digit", value: k, onchange: () => choose(k) });
    const picture = html("canvas", { width: FIELD, height: FIELD });
    return { input, picture, node: html("label", { class: "playground-choice" }, input, picture,
      html("span", { class: "explorer-unseen" }, `test digit ${k + 1}, a ${label}`)) };
  });

  // -- what the reader sees

  const verdict = html("p", { class: "explorer-verdict playground-verdict" });
  const story = html("p", { class: "explorer-note playground-story" });
  const rows = CLASSES.map((name) => {
    const [fill, text] = [html("span", { class: "playground-fill" }), html("td", {})];
    const node = html("tr", {}, html("th", { scope: "row" }, String(name)),
      html("td", { class: "playground-track" }, fill), text);
    return { fill, text, node };
  });
  const small = (label) => html("canvas", { width: FIELD, height: FIELD, role: "img", "aria-label": label });
  const seen = small("");
  const spoken = small("");
  const spokenText = html("figcaption", {});
  const units = Array.from({ length: UNITS }, () => {
    const [picture, text] = [small(""), html("figcaption", {})];
    return { picture, text, node: html("figure", {}, picture, text) };
  });
  const inside = html("div", { class: "playground-inside" },
    html("figure", {}, seen, html("figcaption", {}, "what the network sees")),
    html("figure", {}, spoken, spokenText));
  const hiddenUnits = html("div", {},
    html("p", { class: "explorer-label" }, "The hidden units that fired most"),
    html("p", { class: "explorer-note" },
      "Each picture shows the unit's 784 weights. Ink on blue makes it fire, ink on orange holds it back."),
    html("div", { class: "playground-units" }, ...units.map(({ node }) => node)));
  const speaker = Explore.speaker();

  app.append(
    html("div", { class: "playground-desk" },
      html("div", { class: "playground-left" },
        html("p", { class: "explorer-label" }, "Draw a digit here"),
        pad,
        html("div", { class: "explorer-row" }, undo, clear)),
      html("div", { class: "playground-right" },
        verdict,
        html("table", { class: "playground-bars" },
          html("caption", { class: "explorer-unseen" }, "The probability of each class"),
          html("thead", { class: "explorer-unseen" }, html("tr", {},
            ...["class", "bar", "probability"].map((name) => html("th", { scope: "col" }, name)))),
          html("tbody", {}, ...rows.map(({ node }) => node))),
        story)),
    html("fieldset", { class: "playground-choices" },
      html("legend", { class: "explorer-label" }, "Or choose a digit of the test set"),
      ...choices.map(({ node }) => node)),
    inside,
    hiddenUnits,
    html("p", { class: "explorer-note" },
      "The network knows ten classes and nothing else. Draw a letter or a house: it still names a digit."),
    speaker.node,
  );

  // -- drawing

  /** Where the pointer is, in units of the field. @param {PointerEvent} event @returns {[number, number]} */
  function place(event) {
    const box = pad.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  }

  pad.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    event.preventDefault();
    pad.setPointerCapture(event.pointerId);
    if (choices.some(({ input }) => input.checked)) said = [];
    strokes.push([place(event)]);
    drawn();
  });
  pad.addEventListener("pointermove", (event) => {
    if (!pad.hasPointerCapture(event.pointerId)) return;
    // Between two frames a pen may have been at several places.
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) strokes[strokes.length - 1].push(place(each));
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      drawn();
    });
  });
  pad.addEventListener("pointerup", (event) => {
    // Other buttons draw nothing, nor does what was pressed elsewhere.
    if (pad.hasPointerCapture(event.pointerId)) drawn();
  });

  /** @param {CanvasRenderingContext2D} brush @param {number} width */
  function stroke(brush, width) {
    Object.assign(brush, { lineWidth: width, lineCap: "round", lineJoin: "round" });
    for (const points of strokes) {
      brush.beginPath();
      brush.moveTo(...points[0]);
      // A line without length leaves no ink, but a point is a stroke, too.
      brush.lineTo(points[0][0] + 0.01, points[0][1]);
      for (const point of points.slice(1)) brush.lineTo(...point);
      brush.stroke();
    }
  }

  /** What MNIST's makers would have made of the strokes. */
  function field() {
    if (!strokes.length) return new Float64Array(FIELD * FIELD);
    const points = strokes.flat();
    const sides = [0, 1].map((k) => {
      const values = points.map((point) => point[k]);
      return Math.max(...values) - Math.min(...values);
    });
    // The pen is as wide as in MNIST, about 2.4 of 20 pixels, whatever the size of the drawing.
    const pen = Math.max(6, 0.13 * Math.max(...sides));
    const margin = Math.ceil(pen);
    const side = SIDE + 2 * margin;
    const paper = html("canvas", { width: side, height: side });
    const brush = paper.getContext("2d", { willReadFrequently: true });
    brush.translate(margin, margin);
    stroke(brush, pen);
    const { data } = brush.getImageData(0, 0, side, side);
    const ink = new Float32Array(side * side);
    for (let k = 0; k < ink.length; k += 1) ink[k] = data[4 * k + 3] / 255;
    return toField(ink, side, side);
  }

  function drawn() {
    for (const { input } of choices) input.checked = false;
    x = field();
    show();
  }

  /** @param {number} k */
  function choose(k) {
    strokes = [];
    said = [];
    const size = FIELD * FIELD;
    x = Float64Array.from(images.subarray(k * size, (k + 1) * size), (grey) => grey / 255);
    show();
  }

  // -- showing

  /** The number of a colour of the style sheet. @param {string} name @returns {[number, number, number]} */
  function colour(name) {
    const text = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const [, red, green, blue] = /^#(..)(..)(..)$/.exec(text) ?? [0, "24", "29", "2f"];
    return [parseInt(red, 16), parseInt(green, 16), parseInt(blue, 16)];
  }

  /** Paint numbers, at most 1 away from zero. @param {HTMLCanvasElement} canvas @param {ArrayLike<number>} values */
  function paint(canvas, values, above = "--explore-ink", below = "--explore-orange") {
    const brush = canvas.getContext("2d");
    const picture = brush.createImageData(FIELD, FIELD);
    const [over, under] = [colour(above), colour(below)];
    for (let k = 0; k < values.length; k += 1) {
      picture.data.set(values[k] < 0 ? under : over, 4 * k);
      picture.data[4 * k + 3] = 255 * Math.min(1, Math.abs(values[k]));
    }
    brush.putImageData(picture, 0, 0);
  }

  /** @param {ArrayLike<number>} values */
  function scaled(values) {
    const most = Math.max(...Array.from(values, Math.abs)) || 1;
    return Array.from(values, (value) => value / most);
  }

  function show() {
    const empty = !x.some((ink) => ink > 0);
    const brush = pad.getContext("2d");
    brush.clearRect(0, 0, SIDE, SIDE);
    brush.strokeStyle = `rgb(${colour("--explore-ink").join(" ")})`;
    stroke(brush, 18);
    const chosen = choices.find(({ input }) => input.checked);
    if (chosen) {
      brush.imageSmoothingEnabled = false;
      brush.drawImage(chosen.picture, 0, 0, SIDE, SIDE);
    }
    undo.disabled = !strokes.length;
    clear.disabled = empty;
    inside.hidden = empty;
    hiddenUnits.hidden = empty;
    app.dataset.winner = "";
    if (empty) {
      verdict.textContent = "Nothing is drawn yet.";
      story.textContent = "";
      for (const { fill, text, node } of rows) {
        fill.style.width = "0";
        text.textContent = "–";
        node.classList.remove("is-winner", "is-label");
      }
      speaker.say("Nothing is drawn.");
      return;
    }

    const now = answer(network, x);
    const { winner, rival, probabilities, hidden } = now;
    const truth = chosen ? Number(labels[choices.indexOf(chosen)]) : null;
    const judged = truth === null ? "" : truth === winner ? ", and that is right" : `, but it is a ${truth}`;
    verdict.textContent = `The network says ${winner}${judged}.`;
    app.dataset.winner = String(winner);
    if (said[said.length - 1] !== winner) said.push(winner);
    story.textContent = strokes.length && said.length > 1
      ? `While you drew, the answer went ${said.slice(-12).join(" → ")}.`
      : truth === null ? "" : "The striped bar is that of the label.";
    rows.forEach(({ fill, text, node }, k) => {
      fill.style.width = `${100 * probabilities[k]}%`;
      text.textContent = probabilities[k].toFixed(3);
      node.classList.toggle("is-winner", k === winner);
      node.classList.toggle("is-label", k === truth);
    });
    paint(seen, x);
    seen.setAttribute("aria-label", `The ${FIELD} by ${FIELD} pixels that the network sees.`);
    paint(spoken, scaled(votes(network, x, now)), "--explore-blue");
    spokenText.textContent = `blue ink speaks for ${winner}, orange ink for ${rival}`;
    spoken.setAttribute("aria-label", `Which pixels speak for ${winner} rather than ${rival}.`);
    const order = Array.from(hidden.keys()).sort((a, b) => hidden[b] - hidden[a]);
    units.forEach(({ picture, text }, k) => {
      const unit = order[k];
      const weights = Float32Array.from(x, (_, i) => network.W1[i * hidden.length + unit]);
      paint(picture, scaled(weights), "--explore-blue");
      text.textContent = `unit ${unit}: ${hidden[unit].toFixed(2)}`;
      picture.setAttribute("aria-label", `The weights of hidden unit ${unit}.`);
    });
    speaker.say(`The network says ${winner}${judged}, with probability ${probabilities[winner].toFixed(3)}; ` +
      `next comes ${rival} with ${probabilities[rival].toFixed(3)}.`);
  }

  function paintChoices() {
    const size = FIELD * FIELD;
    choices.forEach(({ picture }, k) =>
      paint(picture, Array.from(images.subarray(k * size, (k + 1) * size), (grey) => grey / 255)));
  }

  Explore.onTheme(() => {
    paintChoices();
    show();
  });
  paintChoices();
  choices[0].input.checked = true;
  choose(0);
};

Explore.register("playground", (app) => {
  Explore.playground.desk(app, Explore.playground.unpack(Explore.playgroundData));
});
