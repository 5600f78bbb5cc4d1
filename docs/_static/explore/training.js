// A training in the reader's browser: the loss while it goes on, and then a field to draw in.
"use strict";

/**
 * @typedef {{dtype: string, shape: number[], base64: string}} Packed  An array of NumPy.
 */

Explore.training = (() => {
  /** What a live page runs after the cell that defines `train`. @param {number} count */
  const program = (count) => `
import time as _time
from dlbook_live import send as _send
_start = _time.perf_counter()
_model = train(${count}, lambda done, of, loss: _send("batch", [int(done), int(of), float(loss)]))
_send("seconds", _time.perf_counter() - _start)
_send("accuracy", float(evaluate(_model, test_rows, test_labels).accuracy))
_one_each = [int(np.flatnonzero(test_labels == digit)[0]) for digit in range(10)]
_send("images", np.ascontiguousarray(test_images[_one_each]))
_send("weights", [np.ascontiguousarray(weight.numpy(), dtype=np.float32) for weight in _model.weights])
`;

  /** @param {Packed} packed @returns {Uint8Array} */
  function bytes({ base64 }) {
    const letters = atob(base64);
    const codes = new Uint8Array(letters.length);
    for (let k = 0; k < codes.length; k += 1) codes[k] = letters.charCodeAt(k);
    return codes;
  }

  /** @param {Packed[]} weights @returns {Network} */
  function network(weights) {
    const [W1, b1, W2, b2] = weights.map((packed) => new Float32Array(bytes(packed).buffer));
    return { W1, b1, W2, b2 };
  }

  /**
   * The means of neighbours, at most so many: a curve that can be drawn and read.
   * @param {number[]} values @param {number} most
   */
  function thinned(values, most) {
    const width = Math.ceil(values.length / most);
    const means = [];
    for (let start = 0; start < values.length; start += width) {
      const part = values.slice(start, start + width);
      means.push(part.reduce((sum, value) => sum + value, 0) / part.length);
    }
    return means;
  }

  return { program, bytes, network, thinned };
})();

Explore.register("training", (app) => {
  const { html, svg } = Explore;
  const { program, bytes, network, thinned } = Explore.training;
  const [WIDTH, HEIGHT, LEFT, BOTTOM] = [520, 220, 44, 34];
  const POINTS = 200;
  /** @type {number[]} */
  let losses = [];
  let all = 1;

  const speaker = Explore.speaker();
  const words = html("p", { class: "explorer-verdict training-words" }, "Nothing has been trained yet.");
  const bar = html("progress", { max: 1, value: 0, "aria-label": "How far the training is", class: "training-progress" });
  const line = svg("polyline", { class: "training-loss" });
  const ticks = svg("g", {});
  const across = svg("text", { x: (WIDTH + LEFT) / 2, y: HEIGHT - 4, "text-anchor": "middle" }, "batches");
  const chart = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", class: "training-chart", "aria-label": "The loss of each batch while the network trains." },
    svg("path", { class: "training-axis", d: `M${LEFT} 8 V${HEIGHT - BOTTOM} H${WIDTH - 4}` }), ticks, across, line);
  const desk = html("div", {});
  const counts = [[10_000, "Train on 10,000 images"], [60_000, "Train on all 60,000 images"]];
  const buttons = counts.map(([count, text]) =>
    html("button", { type: "button", class: "explorer-button", onclick: () => start(Number(count)) }, String(text)));
  const stop = html("button", { type: "button", class: "explorer-button", disabled: true, onclick: () => globalThis.dlbookLive.stop() }, "Stop");

  function draw() {
    const values = thinned(losses, POINTS);
    const top = Math.max(...values, 0.5);
    const x = (k) => LEFT + ((WIDTH - LEFT - 4) * (k + 0.5) * losses.length) / (values.length * all);
    const y = (value) => 8 + (HEIGHT - BOTTOM - 8) * (1 - value / top);
    line.setAttribute("points", values.map((value, k) => `${x(k).toFixed(1)},${y(value).toFixed(1)}`).join(" "));
    ticks.replaceChildren(...[0, top / 2, top].map((value) =>
      svg("text", { x: LEFT - 6, y: y(value) + 5, "text-anchor": "end" }, Explore.number(value))));
    across.textContent = `loss of each batch; ${losses.length} of ${all} batches`;
  }

  /** @param {any} message */
  function hear({ kind, name, value }) {
    if (kind !== "data") return;
    if (name === "batch") {
      losses.push(value[2]);
      all = value[1];
      bar.value = value[0] / value[1];
      waiting ??= requestAnimationFrame(() => {
        waiting = undefined;
        draw();
      });
      words.textContent = `Training: batch ${value[0]} of ${value[1]}, loss ${Explore.number(value[2])}.`;
    } else got[name] = value;
  }
  /** @type {number | undefined} */
  let waiting;
  /** @type {Record<string, any>} */
  let got = {};

  /** Make the page live if it is not, and say when it is. */
  async function livePage() {
    if (document.documentElement.dataset.live !== "ready") {
      const button = /** @type {HTMLButtonElement | null} */ (document.querySelector(".live-start > button"));
      if (!button) throw new Error("this page was built without Python for the browser");
      words.textContent = "Making this page live first …";
      button.click();
      await new Promise((resolve, reject) => {
        const look = setInterval(() => {
          const wrong = document.querySelector(".live-start [role=alert]");
          if (document.documentElement.dataset.live === "ready") resolve(undefined);
          else if (wrong) reject(new Error(wrong.textContent ?? ""));
          else return;
          clearInterval(look);
        }, 100);
      });
    }
    return globalThis.dlbookLive.page;
  }

  /** @param {number} count */
  async function start(count) {
    [losses, got] = [[], {}];
    desk.replaceChildren();
    for (const button of buttons) button.disabled = true;
    stop.disabled = false;
    try {
      const page = await livePage();
      const cell = page.cells.find(({ told }) => told.live && /^def train\(/m.test(told.code));
      if (!cell) throw new Error("no cell of this page defines train");
      words.textContent = "Running the cells that the training needs …";
      const ready = await page.run(cell);
      if (!ready || ready.error) throw new Error(ready ? ready.error.text.split("\n").pop() : "a cell before it failed");
      words.textContent = "Starting to train …";
      const { error } = await page.busy({ name: "the training" }, () =>
        page.execute({ code: program(count), name: "cell training", quiet: true }, hear));
      if (error) throw new Error(error.text.split("\n").pop());
      draw();
      bar.value = 1;
      words.textContent = `Trained on ${count.toLocaleString("en")} images in ${Explore.number(got.seconds, 1)} s: ` +
        `right on ${Explore.number(100 * got.accuracy, 1)} % of the 10,000 test images. Now draw a digit for it.`;
      const images = bytes(got.images);
      Explore.playground.desk(desk, { network: network(got.weights), images, labels: "0123456789" });
    } catch (error) {
      words.textContent = `The training ended: ${error instanceof Error ? error.message : error}`;
    }
    speaker.say(words.textContent);
    for (const button of buttons) button.disabled = false;
    stop.disabled = true;
  }

  app.append(html("div", { class: "explorer-row" }, ...buttons, stop), words, bar, chart, desk, speaker.node);
});
