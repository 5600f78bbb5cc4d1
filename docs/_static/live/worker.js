// The worker of a live page: Python for WebAssembly, with the files that it was given.
"use strict";

/* global importScripts, WasiParts */
importScripts("../vendor/live/wasi.min.js");

const { WASI, WASIProcExit, Fd, Inode, File, Directory, PreopenDirectory, ConsoleStdout, wasi, Decompress } = WasiParts;
const ENCODER = new TextEncoder();
/** So many bytes may come past Python's own streams in a run; what comes after is dropped. */
const LIMIT = 100_000;
const ENVIRONMENT = {
  HOME: "/home",
  MATPLOTLIBRC: "/book/matplotlibrc",
  MPLBACKEND: "svg",
  MPLCONFIGDIR: "/scratch/matplotlib",
  TMPDIR: "/scratch",
};
/** Where the parts are unpacked; the library is an archive that Python reads as it is. */
const PLACES = { book: "book", matplotlib: "drawing", mnist: "book" };

/** @type {any} */
let exports = null;
/** @type {any} */
let root = null;
let passed = 0;
/** What was written last past Python's streams: why it does not start, for example. */
let last = "";

/** The file that Python writes its messages to. */
class Events extends Fd {
  fd_fdstat_get() {
    return { ret: 0, fdstat: new wasi.Fdstat(wasi.FILETYPE_CHARACTER_DEVICE, 0) };
  }

  /** @param {Uint8Array} data */
  fd_write(data) {
    postMessage(JSON.parse(new TextDecoder().decode(data)));
    return { ret: 0, nwritten: data.byteLength };
  }
}

class EventsFile extends Inode {
  path_open() {
    return { ret: 0, fd_obj: new Events() };
  }

  stat() {
    return new wasi.Filestat(this.ino, wasi.FILETYPE_CHARACTER_DEVICE, 0n);
  }
}

/** What is written past Python's streams. @param {string} stream */
function console_(stream) {
  const decoder = new TextDecoder("utf-8", { fatal: false });
  return new ConsoleStdout((bytes) => {
    const room = LIMIT - passed;
    passed += bytes.byteLength;
    if (room <= 0) return;
    last = decoder.decode(bytes.subarray(0, room), { stream: true });
    postMessage({ kind: "text", stream, text: last });
  });
}

/**
 * Unpack what Zstandard packed.
 * @param {ArrayBuffer} packed
 * @param {(chunk: Uint8Array) => void} take
 */
function unpack(packed, take) {
  const stream = new Decompress(take);
  const bytes = new Uint8Array(packed);
  const step = 1 << 18;
  for (let start = 0; start < bytes.length; start += step) {
    stream.push(bytes.subarray(start, start + step), start + step >= bytes.length);
  }
}

/** @param {ArrayBuffer} packed @returns {Uint8Array} */
function unpacked(packed) {
  /** @type {Uint8Array[]} */
  const chunks = [];
  let size = 0;
  unpack(packed, (chunk) => {
    chunks.push(chunk);
    size += chunk.length;
  });
  const whole = new Uint8Array(size);
  let place = 0;
  for (const chunk of chunks) {
    whole.set(chunk, place);
    place += chunk.length;
  }
  return whole;
}

/** Compile the interpreter while it is unpacked. @param {ArrayBuffer} packed @returns {Promise<WebAssembly.Module>} */
function compiled(packed) {
  const stream = new ReadableStream({
    start(controller) {
      unpack(packed, (chunk) => controller.enqueue(chunk));
      controller.close();
    },
  });
  return WebAssembly.compileStreaming(new Response(stream, { headers: { "Content-Type": "application/wasm" } }));
}

/** A file of these bytes, without a copy of them. @param {Uint8Array} bytes */
function file(bytes) {
  const made = new File([]);
  made.data = bytes;
  return made;
}

/** A folder, made if it is not there. @param {any} parent @param {string} name */
function folder(parent, name) {
  let found = parent.contents.get(name);
  if (!found) {
    found = new Directory(new Map());
    found.parent = parent;
    parent.contents.set(name, found);
  }
  return found;
}

/** Put the files of an archive, which are stored as they are, into a folder. @param {Uint8Array} zip @param {string} place */
function mount(zip, place) {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const decoder = new TextDecoder();
  const end = zip.byteLength - 22;
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left -= 1) {
    const size = view.getUint32(at + 24, true);
    const [name, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const head = view.getUint32(at + 42, true);
    const start = head + 30 + view.getUint16(head + 26, true) + view.getUint16(head + 28, true);
    const path = decoder.decode(zip.subarray(at + 46, at + 46 + name)).split("/");
    const last = /** @type {string} */ (path.pop());
    const parent = path.reduce(folder, folder(root, place));
    parent.contents.set(last, file(zip.subarray(start, start + size)));
    at += 46 + name + extra + comment;
  }
}

/** Let Python run a line of code. @param {string} code */
function turn(code) {
  const bytes = ENCODER.encode(code);
  const place = exports.host_alloc(bytes.length);
  new Uint8Array(exports.memory.buffer).set(bytes, place);
  passed = 0;
  return exports.turn(place, bytes.length);
}

/** Say that Python cannot go on. @param {unknown} error */
function crashed(error) {
  let words = error instanceof Error ? error.message : String(error);
  if (error instanceof WASIProcExit) words = `it ended itself, with code ${error.code}`;
  else if (error instanceof RangeError) words = "the calls were nested too deeply for the browser";
  else if (/memory/i.test(words)) words = "there was no more memory";
  postMessage({ kind: "crashed", words });
}

/** @param {{python: ArrayBuffer | WebAssembly.Module, library: ArrayBuffer, parts: Record<string, ArrayBuffer>}} given */
async function start({ python, library, parts }) {
  let module = python;
  if (python instanceof ArrayBuffer) {
    postMessage({ kind: "stage", words: "Preparing Python" });
    module = await compiled(python);
    postMessage({ kind: "module", module });
  }
  postMessage({ kind: "stage", words: "Starting Python" });
  const top = new PreopenDirectory("/", new Map());
  root = top.dir;
  const lib = ["usr", "local", "lib"].reduce(folder, root);
  lib.contents.set("python315.zip", file(unpacked(library)));
  for (const name of ["scratch", "home", "book", "drawing"]) folder(root, name);
  folder(folder(root, "scratch"), "matplotlib");
  folder(root, "host").contents.set("events", new EventsFile());
  for (const [name, packed] of Object.entries(parts)) mount(unpacked(packed), PLACES[name]);
  const environment = Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
  const host = new WASI(["python"], environment, [file(new Uint8Array()).path_open(0, 0n, 0).fd_obj, console_("out"), console_("err"), top], { debug: false });
  const instance = await WebAssembly.instantiate(/** @type {WebAssembly.Module} */ (module), {
    wasi_snapshot_preview1: host.wasiImport,
    host: { call: () => -1 },
  });
  exports = instance.exports;
  host.initialize(instance);
  if (turn("import sys; sys.path[:0] = ['/book', '/drawing']; sys.dont_write_bytecode = True; import book_kernel") !== 0) throw new Error(`its first program failed: ${last}`);
  postMessage({ kind: "ready" });
}

addEventListener("message", async ({ data }) => {
  try {
    if (data.kind === "start") await start(data);
    else if (data.kind === "mount") {
      mount(unpacked(data.packed), PLACES[data.name]);
      turn('__import__("importlib").invalidate_caches()');
      postMessage({ kind: "mounted", name: data.name });
    } else if (data.kind === "run") {
      turn(`__import__("book_kernel").run(${JSON.stringify(JSON.stringify(data.request))})`);
    }
  } catch (error) {
    crashed(error);
  }
});

postMessage({ kind: "here" });
