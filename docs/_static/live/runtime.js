// Python behind a small interface: start, run, stop. Another Python can take its place here.
"use strict";

/**
 * @typedef {{file: string, bytes: number, unpacked: number}} Part  A file that is loaded.
 * @typedef {Record<string, any> & {kind: string}} Message  What Python tells; see kernel.py.
 * @typedef {{code: string, name: string, quiet?: boolean, mark?: boolean}} Request
 * @typedef {{words: string, share: number | null}} Progress  What is being done, and how far it is.
 */

const LiveRuntime = (() => {
  const CACHE = "dlbook-live";
  const SPARES = 2;
  /** Without these nothing runs; they come first. */
  const CORE = ["python", "library", "book"];
  const TITLES = {
    python: "Python", library: "NumPy", book: "the book's package", matplotlib: "Matplotlib",
    mnist: "the MNIST images",
  };
  /** Which code needs which of the other parts. */
  const NEEDS = { matplotlib: /matplotlib|plotting|pyplot|pylab|mpl_toolkits/, mnist: /mnist/i };

  /** A module that uses the youngest feature that Python needs: exceptions with exnref. */
  const PROBE = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 8, 1, 6, 0, 31, 64, 0, 11, 11,
  ];

  /** Tell why this browser cannot, or return nothing. */
  function obstacle() {
    if (location.protocol === "file:") return "disk";
    const able = typeof WebAssembly === "object" && typeof Worker === "function" &&
      WebAssembly.validate(new Uint8Array(PROBE));
    return able ? "" : "browser";
  }

  class Runtime {
    /**
     * @param {string} base  The address of the folder with the scripts.
     * @param {Record<string, Part>} parts
     * @param {(progress: Progress | null) => void} onProgress
     */
    constructor(base, parts, onProgress) {
      this.base = base;
      this.parts = parts;
      this.onProgress = onProgress;
      /** Parts as they came, for a fresh start. @type {Map<string, Promise<ArrayBuffer>>} */
      this.held = new Map();
      /** Parts that the worker has been given. @type {Map<string, Promise<void>>} */
      this.mounted = new Map();
      /** @type {WebAssembly.Module | null} */
      this.module = null;
      /** @type {Worker | null} */
      this.worker = null;
      /** @type {((message: Message) => void) | null} */
      this.listener = null;
      this.loaded = new Map();
      /** @type {Worker[]} */
      this.spares = [];
      /** Workers whose scripts are loaded. @type {WeakSet<Worker>} */
      this.there = new WeakSet();
      /** What waits for an answer of the worker, and would wait for ever when it is ended. */
      this.waiting = new Set();
    }

    /** Load a part: from the browser's cache, else from the site. @param {string} name */
    load(name) {
      let promise = this.held.get(name);
      if (!promise) {
        promise = this.fetched(name);
        promise.catch(() => this.held.delete(name));
        this.held.set(name, promise);
      }
      return promise;
    }

    /** @param {string} name @returns {Promise<ArrayBuffer>} */
    async fetched(name) {
      const { file, bytes } = this.parts[name];
      const address = new URL(file, this.base).href;
      // Where there is no such cache, the browser's usual one does what it can.
      const cache = await globalThis.caches?.open(CACHE).catch(() => null);
      const kept = await cache?.match(address);
      if (kept) {
        const content = await kept.arrayBuffer();
        if (content.byteLength === bytes) return content;
      }
      const response = await fetch(address).catch(() => {
        throw new Error(`${TITLES[name]} could not be loaded: the site does not answer`);
      });
      if (!response.ok || !response.body) throw new Error(`${file} could not be loaded (${response.status})`);
      const content = new Uint8Array(bytes);
      const reader = response.body.getReader();
      let place = 0;
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        if (place + value.length > bytes) throw new Error(`${file} is longer than it should be`);
        content.set(value, place);
        place += value.length;
        this.loaded.set(name, place);
        this.tellLoading();
      }
      if (place !== bytes) throw new Error(`${file} was cut off`);
      this.loaded.delete(name);
      const copy = new Response(content, { headers: { "Content-Type": "application/octet-stream" } });
      await cache?.put(address, copy).catch(() => undefined);
      return content.buffer;
    }

    /** Say how much of what is being loaded is there. */
    tellLoading() {
      const names = [...this.loaded.keys()];
      const there = names.reduce((sum, name) => sum + this.loaded.get(name), 0);
      const all = names.reduce((sum, name) => sum + this.parts[name].bytes, 0);
      const words = names.map((name) => TITLES[name]).join(", ");
      this.onProgress({ words: `Loading ${words}: ${(there / 1e6).toFixed(1)} of ${(all / 1e6).toFixed(1)} MB`, share: there / all });
    }

    /** Forget files of earlier builds. */
    async tidy() {
      const cache = await globalThis.caches?.open(CACHE).catch(() => null);
      const wanted = new Set(Object.values(this.parts).map(({ file }) => new URL(file, this.base).href));
      for (const request of (await cache?.keys()) ?? []) {
        if (!wanted.has(request.url)) await cache?.delete(request);
      }
    }

    /** Start Python, from the compiled module if there is one. @returns {Promise<void>} */
    async start() {
      const [python, library, book] = await Promise.all(
        CORE.map((name) => (name === "python" && this.module) || this.load(name)),
      );
      // Kept by the browser and compiled now, it is not needed a second time.
      const parts = { book };
      for (const name of this.mounted.keys()) {
        try {
          parts[name] = await this.load(name);
        } catch { // the network is gone; what needs this part says so
          this.mounted.delete(name);
        }
      }
      const worker = this.spares.find((spare) => this.there.has(spare)) ?? this.fresh();
      this.worker = worker;
      this.spares = this.spares.filter((spare) => spare !== worker);
      // Workers that wait with their scripts loaded: to stop must work without the network, too.
      while (this.spares.length < SPARES) this.spares.push(this.fresh());
      await new Promise((resolve, reject) => {
        worker.addEventListener("error", ({ message }) => reject(new Error(message || "the worker did not start")));
        worker.addEventListener("message", ({ data }) => {
          if (worker !== this.worker) return;
          if (data.kind === "module") {
            this.module = data.module;
            this.held.delete("python");
          } else if (data.kind === "stage") this.onProgress({ words: data.words, share: null });
          else if (data.kind === "ready") resolve(undefined);
          else if (data.kind === "crashed" && !this.listener) reject(new Error(data.words));
          else this.listener?.(data);
        });
        worker.postMessage({ kind: "start", python, library, parts });
      });
      for (const name of Object.keys(parts)) this.mounted.set(name, Promise.resolve());
      this.onProgress(null);
    }

    /** A worker that has nothing to do yet. */
    fresh() {
      const worker = new Worker(new URL("worker.js", this.base));
      worker.addEventListener("message", ({ data }) => {
        if (data.kind === "here") this.there.add(worker);
      });
      worker.addEventListener("error", (event) => {
        if (worker === this.worker) return;
        event.preventDefault(); // without the network it could not be loaded
        this.spares = this.spares.filter((spare) => spare !== worker);
      });
      return worker;
    }

    /** Wait for an answer of the worker, or for its end. @param {(resolve: (value?: any) => void) => void} ask */
    async answered(ask) {
      /** @type {any} */
      let end;
      await new Promise((resolve) => {
        end = resolve;
        this.waiting.add(resolve);
        ask(resolve);
      });
      this.waiting.delete(end);
    }

    /** Load another part and give it to Python. @param {string} name */
    async add(name) {
      let promise = this.mounted.get(name);
      if (!promise) {
        promise = (async () => {
          const packed = await this.load(name);
          this.onProgress({ words: `Unpacking ${TITLES[name]}`, share: null });
          const { worker } = this;
          await this.answered((resolve) => {
            worker?.addEventListener("message", ({ data }) => {
              if (data.kind === "mounted" && data.name === name) resolve(undefined);
            });
            worker?.postMessage({ kind: "mount", name, packed });
          });
          this.onProgress(null);
        })();
        promise.catch(() => this.mounted.delete(name));
        this.mounted.set(name, promise);
      }
      await promise;
    }

    /**
     * Run code; the names that it defines stay.
     * @param {Request} request
     * @param {(message: Message) => void} onMessage  Hears of text, values, figures and errors.
     * @returns {Promise<void>}  Kept when Python is ready for the next.
     */
    async run(request, onMessage) {
      for (const [name, pattern] of Object.entries(NEEDS)) {
        if (pattern.test(request.code)) await this.add(name);
      }
      const { worker } = this;
      if (!worker) throw new Error("Python is not running");
      await this.answered((resolve) => {
        this.listener = (message) => {
          if (message.kind === "done") resolve(undefined);
          else if (message.kind === "crashed") {
            onMessage({ kind: "error", name: "Ended", crashed: true, text: `Python ended: ${message.words}. It has started afresh.` });
            resolve(undefined);
          } else onMessage(message);
        };
        worker.postMessage({ kind: "run", request });
      });
      this.listener = null;
    }

    /** End whatever runs, and start afresh. @returns {Promise<void>} */
    async stop() {
      this.worker?.terminate();
      this.worker = null;
      this.listener = null;
      for (const end of this.waiting) end();
      this.waiting.clear();
      await this.start();
    }
  }

  return { Runtime, obstacle, NEEDS };
})();
