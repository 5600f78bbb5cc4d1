// A live page: its cells become editors that run, and its exercises mark the reader's programs.
"use strict";

/* global LiveRuntime, CodeMirrorParts, bookStorage */
/**
 * @typedef {object} Told  What the build says of a cell; see book_live.py.
 * @property {number} index
 * @property {string} code
 * @property {"shown" | "output" | "hidden" | "start" | "mark"} kind
 * @property {boolean} live
 * @property {string} [exercise]
 * @property {string} [solution]
 * @property {string} [reason]
 * @property {boolean} [skip]
 * @property {string} [differs]
 *
 * @typedef {{text: string, figures: string[], error: null | Record<string, any>, data: {name: string, value: any}[]}} Result
 */

globalThis.dlbookLive = (() => {
  /** What is kept of a run for the eye; Python leaves out more than this by itself. */
  const LONGEST = 200_000;
  const OBSTACLES = {
    disk: "A page that is opened from disk may not load Python: open the book on the web, or serve its folder, for example with “python -m http.server”, and open the address that it tells.",
    browser: "This browser is too old to run Python: it needs WebAssembly with exceptions, as in Chrome 137, Firefox 131 or Safari 18.4 and later.",
  };

  /**
   * Make an element.
   * @param {string} tag
   * @param {Record<string, any>} [attributes]  Names that begin with "on" hold listeners.
   * @param {...(Node | string)} children
   * @returns {any}
   */
  function html(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") node.addEventListener(name.slice(2), value);
      else if (value === true) node.setAttribute(name, "");
      else if (value !== false) node.setAttribute(name, String(value));
    }
    node.append(...children);
    return node;
  }

  /** The picture of an SVG, which the style sheet suits to the theme. @param {string} svg @param {string} alt */
  function picture(svg, alt) {
    const bytes = new TextEncoder().encode(svg);
    let letters = "";
    for (let start = 0; start < bytes.length; start += 0x8000) {
      letters += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
    }
    return html("img", { src: `data:image/svg+xml;base64,${btoa(letters)}`, alt });
  }

  /** What a terminal would show: a line that is written over again counts once. @param {string} text */
  function settled(text) {
    if (!text.includes("\r") && !text.includes("\b")) return text;
    return text.split("\n").map((line) => {
      const parts = line.replace(/\r+$/, "").split("\r");
      let shown = parts.reduce((before, part) => part + before.slice(part.length), "");
      for (let at = shown.indexOf("\b"); at >= 0; at = shown.indexOf("\b")) {
        shown = shown.slice(0, Math.max(at - 1, 0)) + shown.slice(at + 1);
      }
      return shown;
    }).join("\n");
  }

  /** Let the editor's styles into the page as the page's policy allows it: as a sheet, not as a tag. */
  function letStylesIn() {
    const { StyleModule } = CodeMirrorParts;
    const there = new Set();
    StyleModule.mount = (_root, modules) => {
      for (const module of Array.isArray(modules) ? modules : [modules]) {
        if (there.has(module)) continue;
        there.add(module);
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(module.getRules());
        document.adoptedStyleSheets.push(sheet);
      }
    };
  }

  /** Where the outputs of a run are shown. */
  class Output {
    /** @param {HTMLElement} node @param {() => string} alt */
    constructor(node, alt) {
      this.node = node;
      this.alt = alt;
      this.clear();
    }

    clear() {
      this.node.replaceChildren();
      this.length = 0;
      this.figures = 0;
      /** @type {{node: HTMLElement, text: string, stream: string} | null} */
      this.last = null;
      /** @type {Map<string, HTMLElement>} */
      this.places = new Map();
    }

    /** @param {HTMLElement} node @param {string | null} [key] */
    put(node, key) {
      this.last = null;
      const before = key ? this.places.get(key) : null;
      if (before) before.replaceWith(node);
      else this.node.append(node);
      if (key) this.places.set(key, node);
    }

    /** @param {string} stream @param {string} text */
    write(stream, text) {
      if (this.length > LONGEST) return;
      this.length += text.length;
      if (!this.last || this.last.stream !== stream) {
        const node = html("pre", { class: `live-text live-${stream}`, tabindex: 0 });
        this.node.append(node);
        this.last = { node, text: "", stream };
      }
      this.last.text = settled(this.last.text + text);
      this.last.node.textContent = this.last.text;
    }

    /** @param {import("./runtime.js").Message} message */
    show(message) {
      if (message.kind === "text") this.write(message.stream, message.text);
      else if (message.kind === "value") this.put(html("pre", { class: "live-text", tabindex: 0 }, message.text), message.id);
      else if (message.kind === "markup") this.put(html("pre", { class: "live-text live-markup", tabindex: 0 }, message.text), message.id);
      else if (message.kind === "figure") {
        this.figures += 1;
        this.put(picture(message.svg, this.alt()), message.id);
      } else if (message.kind === "error") {
        this.put(html("pre", { class: "live-text live-error", tabindex: 0 }, message.text));
      }
    }
  }

  /** A cell of the page: its place, its editor and what it shows. */
  class Cell {
    /** @param {Page} page @param {Told} told @param {number} number */
    constructor(page, told, number) {
      this.page = page;
      this.told = told;
      this.number = number;
      this.ran = false;
      this.place = document.getElementById(`cell-${told.index}`);
      this.still = /** @type {HTMLElement | null} */ (this.place?.querySelector(".cell_output") ?? null);
      /** @type {any} */
      this.editor = null;
      /** @type {Output | null} */
      this.output = null;
      if (!this.place) return;
      const source = /** @type {HTMLElement | null} */ (this.place.querySelector(".cell_input"));
      if (!told.live) {
        if (source) source.after(this.refusal());
        return;
      }
      const box = html("div", { class: "live-output" });
      this.output = new Output(box, () => this.alternative());
      if (source && (told.kind === "shown" || told.kind === "start")) this.makeEditor(source);
      this.place.append(box);
      const image = /** @type {HTMLImageElement | null} */ (this.still?.querySelector("figure img") ?? null);
      this.image = image;
      this.imageWas = image && { src: image.src, alt: image.alt };
    }

    get name() {
      return `cell ${this.number}`;
    }

    get code() {
      return this.editor ? this.editor.state.doc.toString() : this.told.code;
    }

    get changed() {
      return this.code !== this.told.code;
    }

    /** What stands where a cell cannot run. */
    refusal() {
      const why = {
        "uses TensorFlow": "This cell uses TensorFlow, which does not run in a browser.",
        "uses other programs": "This cell needs libraries or other programs that a browser does not have.",
      }[this.told.reason ?? ""] ?? "This cell needs a result of a cell that does not run in a browser.";
      const notebook = /** @type {HTMLAnchorElement | null} */ (document.querySelector(".btn-download-notebook-button"));
      const note = html("p", { class: "live-refusal" }, `${why} `);
      if (notebook) {
        note.append(html("a", { href: notebook.href, download: true }, "Take this page away as a notebook"), " to run it on your own computer.");
      }
      return note;
    }

    /** @param {HTMLElement} source */
    makeEditor(source) {
      const { EditorState, EditorView, keymap, drawSelection, defaultKeymap, history, historyKeymap, indentWithTab,
        bracketMatching, indentOnInput, indentUnit, syntaxHighlighting, closeBrackets, closeBracketsKeymap, python,
        classHighlighter, Prec } = CodeMirrorParts;
      const run = () => {
        this.press();
        return true;
      };
      const extensions = [
        Prec.highest(keymap.of([{ key: "Shift-Enter", run }, { key: "Mod-Enter", run }])),
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
        history(), drawSelection(), bracketMatching(), closeBrackets(), indentOnInput(), indentUnit.of("    "),
        EditorState.tabSize.of(4), python(), syntaxHighlighting(classHighlighter),
        EditorView.contentAttributes.of({ "aria-label": `Code of ${this.name}`, "aria-describedby": "live-hint", spellcheck: "false", tabindex: "0" }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) this.edited();
        }),
      ];
      const doc = this.page.kept(this.told) ?? this.told.code;
      this.place?.classList.add("is-live");
      const host = html("div", { class: "live-editor" });
      this.runButton = html("button", { type: "button", class: "live-button", onclick: run }, "Run this cell");
      this.resetButton = html("button", { type: "button", class: "live-button", onclick: () => this.reset(), disabled: doc === this.told.code }, "Reset");
      this.status = html("span", { class: "live-status" });
      const bar = html("div", { class: "live-bar", role: "group", "aria-label": `What to do with ${this.name}` }, this.runButton, this.resetButton);
      if (this.told.kind === "start" && this.page.marks(this.told).length) {
        this.checkButton = html("button", { type: "button", class: "live-button live-check", onclick: () => this.check() }, "Check my answer");
        bar.append(this.checkButton);
        this.verdict = html("div", { class: "live-verdict", hidden: true });
      }
      bar.append(this.status);
      source.hidden = true;
      source.after(host, bar, ...(this.verdict ? [this.verdict] : []));
      if (this.told.differs) bar.after(html("p", { class: "live-differs" }, `Differs from the page as it was built: ${this.told.differs}`));
      this.editor = new EditorView({ parent: host, doc, extensions });
    }

    edited() {
      this.resetButton.disabled = !this.changed;
      this.page.keep();
    }

    alternative() {
      const built = /** @type {HTMLImageElement | null} */ (this.still?.querySelector("img") ?? null);
      return built && !this.changed && this.imageWas ? this.imageWas.alt : `The figure that the code of ${this.name} draws.`;
    }

    /** Run, or stop what runs. */
    press() {
      if (this.page.running) {
        if (this.page.running === this) this.page.stop();
        return;
      }
      this.page.run(this);
    }

    reset() {
      this.editor.dispatch({ changes: { from: 0, to: this.editor.state.doc.length, insert: this.told.code } });
      this.output?.clear();
      if (this.verdict) this.verdict.hidden = true;
      if (this.still) this.still.hidden = false;
      for (const node of this.still?.querySelectorAll(":scope > .output") ?? []) node.hidden = false;
      if (this.image && this.imageWas) Object.assign(this.image, this.imageWas);
      this.status.textContent = "";
    }

    /** @param {string} words */
    say(words) {
      if (this.status) this.status.textContent = words;
    }

    async check() {
      await this.page.check(this);
    }

    /** @param {boolean} right @param {(Node | string)[]} words */
    judge(right, ...words) {
      if (!this.verdict) return;
      this.verdict.hidden = false;
      this.verdict.className = `live-verdict ${right ? "is-right" : "is-wrong"}`;
      this.verdict.replaceChildren(...words);
    }

    /** Show what came, in place of what the build had shown. @param {import("./runtime.js").Message[]} messages */
    settle(messages) {
      const figures = messages.filter(({ kind }) => kind === "figure");
      const others = messages.filter(({ kind }) => kind !== "figure");
      if (this.told.kind === "output" && messages.some(({ kind }) => kind === "markup")) {
        // The build made a formula or a table of it, which this page cannot.
        this.output?.clear();
      } else if (this.image && figures.length === 1) {
        const { src, alt } = picture(figures[0].svg, this.alternative());
        Object.assign(this.image, { src, alt });
        this.output?.clear();
        for (const message of others) this.output?.show(message);
        for (const node of this.still?.querySelectorAll(":scope > .output") ?? []) node.hidden = !node.querySelector("figure");
      } else if (this.still) this.still.hidden = true;
    }
  }

  /** All cells of a page, and the Python that runs them. */
  class Page {
    /** @param {HTMLElement} place @param {string} base @param {any} parts @param {{page: string, needs: string[], cells: Told[]}} told */
    constructor(place, base, parts, told) {
      this.place = place;
      this.told = told;
      this.storage = `live:${told.page}`;
      this.runtime = new LiveRuntime.Runtime(base, parts, (progress) => this.progress(progress));
      /** @type {Cell | {name: string} | null} */
      this.running = null;
      /** @type {Promise<any>} */
      this.queue = Promise.resolve();
      this.generation = 0;
      this.makePanel();
      let number = 0;
      this.cells = told.cells.map((cell) => {
        if (cell.kind === "shown" || cell.kind === "start") number += 1;
        return new Cell(this, cell, number);
      });
    }

    makePanel() {
      this.words = html("p", { class: "live-words", tabindex: -1 });
      this.bar = html("progress", { class: "live-progress", max: 1, "aria-label": "Loading" });
      this.speaker = html("p", { class: "live-unseen", role: "status" });
      this.allButton = html("button", { type: "button", class: "live-button", disabled: true, onclick: () => this.runAll() }, "Run all cells");
      this.stopButton = html("button", { type: "button", class: "live-button", disabled: true, onclick: () => this.stop() }, "Stop");
      this.keepBox = html("input", { type: "checkbox", onchange: () => this.keep(true), checked: bookStorage.getItem(this.storage) !== null });
      const hint = html("p", { id: "live-hint", class: "live-hint" }, "Shift+Enter runs a cell. In an editor, Tab indents; Escape, then Tab leaves it.");
      this.controls = html("div", { class: "live-bar", role: "group", "aria-label": "The live page" }, this.allButton, this.stopButton,
        html("label", { class: "live-keep" }, this.keepBox, " Remember my changes in this browser"));
      this.place.classList.add("is-begun");
      this.place.replaceChildren(this.words, this.bar, this.controls, hint, this.speaker);
      this.words.focus({ preventScroll: true }); // in place of the button, which is gone
    }

    /** @param {import("./runtime.js").Progress | null} progress */
    progress(progress) {
      this.bar.hidden = !progress;
      if (progress) {
        this.words.textContent = `${progress.words} …`;
        if (progress.share === null) this.bar.removeAttribute("value");
        else this.bar.value = progress.share;
      } else this.idle();
    }

    idle() {
      this.words.textContent = this.running
        ? `Running ${this.running.name} …`
        : "This page is live: change the code of any cell and run it. Nothing leaves your browser.";
      this.allButton.disabled = Boolean(this.running);
      this.stopButton.disabled = !this.running;
      for (const cell of this.cells ?? []) {
        if (!cell.runButton) continue;
        const mine = cell === this.running;
        cell.runButton.textContent = mine ? "Stop" : "Run this cell";
        cell.runButton.disabled = Boolean(this.running) && !mine;
        if (cell.checkButton) cell.checkButton.disabled = Boolean(this.running);
      }
    }

    async begin() {
      await this.runtime.start();
      this.idle();
      document.documentElement.dataset.live = "ready";
      this.speak("This page is live.");
      // What the page will need is there before it is asked for, and when the network is gone.
      this.rest = Promise.all(this.told.needs.map((name) => this.runtime.add(name)))
        .then(() => this.runtime.tidy())
        .catch(() => undefined);
    }

    /** @param {string} words */
    speak(words) {
      this.speaker.textContent = words.slice(0, 300);
    }

    // -- edits that the reader wants to keep

    /** @param {Told} told @returns {string | undefined} */
    kept(told) {
      try {
        return JSON.parse(bookStorage.getItem(this.storage) ?? "{}")[told.index];
      } catch {
        return undefined;
      }
    }

    /** @param {boolean} [asked] */
    keep(asked) {
      if (this.keepBox.checked) {
        const edits = this.cells.filter((cell) => cell.editor && cell.changed).map((cell) => [cell.told.index, cell.code]);
        bookStorage.setItem(this.storage, JSON.stringify(Object.fromEntries(edits)));
      } else if (asked) bookStorage.removeItem(this.storage);
    }

    // -- running

    /**
     * Let Python run code, after what was asked for before.
     * @param {import("./runtime.js").Request} request
     * @param {(message: import("./runtime.js").Message) => void} [hear]
     * @returns {Promise<Result>}
     */
    execute(request, hear) {
      const generation = this.generation;
      const turn = this.queue.then(async () => {
        /** @type {Result} */
        const result = { text: "", figures: [], error: null, data: [] };
        if (generation !== this.generation) return { ...result, error: { name: "Stopped", text: "Stopped." } };
        await this.runtime.run(request, (message) => {
          if (message.kind === "text" || message.kind === "value" || message.kind === "markup") {
            if (result.text.length < LONGEST) result.text += message.text;
          } else if (message.kind === "figure") result.figures.push(message.svg);
          else if (message.kind === "error") result.error = message;
          else if (message.kind === "data") result.data.push({ name: message.name, value: message.value });
          hear?.(message);
        });
        if (generation !== this.generation) result.error = { name: "Stopped", text: "Stopped." };
        else if (result.error?.crashed) {
          this.forget();
          await this.runtime.stop();
        }
        result.text = settled(result.text);
        return result;
      });
      this.queue = turn.catch(() => undefined);
      return turn;
    }

    /** Nothing that ran is there any more. */
    forget() {
      for (const cell of this.cells) cell.ran = false;
    }

    /** End what runs, and begin afresh. */
    async stop() {
      this.generation += 1;
      this.forget();
      const running = this.running;
      if (running instanceof Cell) running.say("Stopped.");
      const fresh = this.runtime.stop();
      this.queue = fresh.catch(() => undefined);
      await fresh;
      this.running = null;
      this.idle();
      this.speak("Stopped. Python has started afresh; a cell runs those before it again.");
      this.words.textContent = "Stopped. Python has started afresh; a cell runs those before it again.";
    }

    /** The cells that must have run before one of them can. @param {Cell} cell */
    before(cell) {
      const place = this.cells.indexOf(cell);
      return this.cells.slice(0, place).filter(({ told, ran }) =>
        told.live && !told.skip && !ran && told.kind !== "start" && told.kind !== "mark" &&
        (!told.solution || (cell.told.solution && cell.told.kind !== "start")));
    }

    /** Run one cell and show what comes. @param {Cell} cell @returns {Promise<Result>} */
    async runOne(cell) {
      const hidden = cell.told.kind === "hidden";
      /** @type {import("./runtime.js").Message[]} */
      const messages = [];
      cell.output?.clear();
      cell.place?.classList.add("is-running");
      const result = await this.execute({ code: cell.code, name: cell.name, quiet: hidden }, (message) => {
        if (message.kind === "data" || hidden) return;
        if (messages.length < 2000) messages.push(message);
        cell.output?.show(message);
      });
      cell.place?.classList.remove("is-running");
      if (!hidden) cell.settle(messages);
      cell.ran = !result.error;
      cell.result = result;
      return result;
    }

    /** Do something while no other cell can be run. @param {Cell | {name: string}} owner @param {() => Promise<any>} work */
    async busy(owner, work) {
      if (this.running) return undefined;
      this.running = owner;
      this.idle();
      try {
        return await work();
      } catch (error) {
        const words = `This did not work: ${error instanceof Error ? error.message : error}.`;
        if (owner instanceof Cell) owner.say(words);
        this.speak(words);
        return undefined;
      } finally {
        if (this.running === owner) {
          this.running = null;
          this.idle();
        }
      }
    }

    /** Run what comes before a cell. @param {Cell} cell @returns {Promise<boolean>} */
    async prepare(cell) {
      for (const one of this.before(cell)) {
        cell.say(`First ${one.told.kind === "hidden" ? "a hidden cell" : one.name} …`);
        const { error } = await this.runOne(one);
        // A check of the page may fail for other numbers than the page's own: that is no fault.
        if (error && !(one.told.kind === "hidden" && error.name === "AssertionError")) {
          cell.say(error.name === "Stopped" ? "Stopped." : `${one.told.kind === "hidden" ? "A hidden cell" : one.name} before it failed: ${error.text.split("\n").pop()}`);
          return false;
        }
        one.ran = true;
      }
      return true;
    }

    /** @param {Cell} cell @returns {Promise<Result | undefined>} */
    run(cell) {
      return this.busy(cell, async () => {
        cell.say("");
        if (!(await this.prepare(cell))) return undefined;
        cell.say("Running …");
        const result = await this.runOne(cell);
        this.report(cell, result);
        return result;
      });
    }

    /** @param {Cell} cell @param {Result} result */
    report(cell, result) {
      if (result.error) cell.say(result.error.name === "Stopped" ? "Stopped." : "Failed.");
      else cell.say("Done.");
      const drawn = result.figures.length ? `${result.figures.length} figures drawn. ` : "";
      const said = result.error ? result.error.text.split("\n").pop() : result.text.trim();
      this.speak(`${cell.name[0].toUpperCase()}${cell.name.slice(1)}: ${drawn}${said || "done"}`);
    }

    /** Run all cells in their order, those of the answers, too. */
    runAll() {
      return this.busy({ name: "all cells" }, async () => {
        for (const cell of this.cells) {
          if (!cell.told.live || cell.told.skip || cell.told.kind === "mark" || cell.told.kind === "start") continue;
          this.words.textContent = `Running ${cell.name} …`;
          const result = await this.runOne(cell);
          if (cell.editor) this.report(cell, result);
          if (result.error?.name === "Stopped") return;
          if (result.error && !(cell.told.kind === "hidden" && result.error.name === "AssertionError")) {
            cell.place?.scrollIntoView({ block: "nearest" });
            return;
          }
        }
      });
    }

    // -- exercises

    /** The checks of an exercise. @param {Told} told */
    marks(told) {
      const found = this.told.cells.filter((cell) => cell.kind === "mark" && cell.solution === told.exercise);
      return found.every((cell) => cell.live) ? found : [];
    }

    /** Run the reader's program, and then the checks of the build on it. @param {Cell} cell */
    check(cell) {
      return this.busy(cell, async () => {
        if (!(await this.prepare(cell))) return;
        cell.say("Running your program …");
        const result = await this.runOne(cell);
        if (result.error) {
          cell.say("");
          const last = result.error.text.split("\n").pop();
          cell.judge(false, html("p", {}, html("strong", {}, "Not yet. "), result.error.name === "Stopped" ? "Your program was stopped." : `Your program stops with an error: ${last}`));
          this.speak(`Not yet. Your program stops with an error: ${last}`);
          return;
        }
        cell.say("Checking …");
        for (const mark of this.marks(cell.told)) {
          const { error } = await this.execute({ code: mark.code, name: "check", quiet: true, mark: true });
          if (!error) continue;
          cell.say("");
          this.explain(cell, error);
          return;
        }
        cell.say("");
        cell.judge(true, html("p", {}, html("strong", {}, "Right. "), "Your program does what was asked for: all checks passed."));
        this.speak("Right. All checks passed.");
      });
    }

    /** Say which expectation failed. @param {Cell} cell @param {Record<string, any>} error */
    explain(cell, error) {
      let words = error.words || "";
      if (error.name === "NameError") words = `The checks ask for a name that your program does not define: ${error.text.split("\n").pop()}`;
      else if (error.name === "Stopped") words = "The checks were stopped.";
      else if (error.name !== "AssertionError") words = `When the checks ran your program, it stopped with an error: ${error.text.split("\n").pop()}`;
      else if (!words) words = `This should hold: ${error.claim}`;
      const parts = [html("p", {}, html("strong", {}, "Not yet. "), words)];
      if (error.values) parts.push(html("p", { class: "live-values" }, "What came: ", html("code", {}, error.values)));
      cell.judge(false, ...parts);
      this.speak(`Not yet. ${words} ${error.values ?? ""}`);
    }
  }

  /** @type {Page | null} */
  let page = null;

  /** @param {string} address */
  async function read(address) {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`${address} could not be loaded (${response.status})`);
    return response.json();
  }

  return {
    /** Make the page live. @param {HTMLElement} place @param {string} base */
    async begin(place, base) {
      const why = LiveRuntime.obstacle();
      if (why) {
        place.replaceChildren(html("p", { role: "alert" }, OBSTACLES[why]));
        return;
      }
      const [parts, told] = await Promise.all([
        read(`${base}parts.json`), read(`${base}pages/${place.dataset.page}.json`),
      ]);
      letStylesIn();
      page ??= new Page(place, base, parts, told);
      await page.begin();
    },

    /**
     * Run code on a live page, as a cell does, and tell what came.
     * @param {string} code
     * @param {{hear?: (message: import("./runtime.js").Message) => void}} [options]
     * @returns {Promise<Result>}
     */
    async run(code, { hear } = {}) {
      if (!page) throw new Error("this page is not live yet");
      return page.execute({ code, name: "cell run", quiet: false }, hear);
    },

    /** End whatever runs, and start Python afresh. */
    async stop() {
      await page?.stop();
    },

    /** The live page, for scripts of its explorers and for tests. */
    get page() {
      return page;
    },
  };
})();
