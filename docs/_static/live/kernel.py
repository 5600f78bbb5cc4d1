"""Run the cells of a live page, and tell the page what they print, show and draw.

This file runs in the browser, under Python for WebAssembly. The worker calls `run` and `mark`;
what there is to tell goes as lines of JSON to a file that the worker reads along. A value is
shown as IPython shows it, a figure as the build draws it, and a traceback has only the lines
that the reader wrote.
"""

import ast
import base64
import builtins
import importlib
import importlib.util
import io
import json
import linecache
import os
import sys
import time
import traceback
import types

import book_pretty

LIMIT = 100_000
"""Characters that a run may print; what comes after is counted and left out."""

AT_ONCE = 200
"""So many pieces of text go out as they come; after them, at most one in `PAUSE` seconds."""

PAUSE = 0.05

ABSENT = {"tensorflow", "keras", "tensorboard", "torch", "jax"}
"""Libraries that cannot run here. Cells may import them; what uses them says why it cannot."""

ABSENT_PARTS = {
    "dlbook.bench.contestants", "dlbook.data_parallel", "dlbook.event_files", "dlbook.workers",
}  # fmt: skip
"""Modules of the package that need those libraries, or start other programs."""

NAMES = types.ModuleType("__main__")
CHANNEL = os.open("/host/events", os.O_WRONLY)


def tell(kind: str, **content: object) -> None:
    """Tell the page something."""
    os.write(CHANNEL, json.dumps({"kind": kind, **content}).encode() + b"\n")


class Stream(io.TextIOBase):
    """What `print` writes to: it goes to the page in pieces, and not without end."""

    encoding = "utf-8"

    def __init__(self, name: str) -> None:
        self.stream = name
        self.start()

    def start(self) -> None:
        self.waiting: list[str] = []
        self.sent = self.pieces = self.left_out = 0
        self.last = 0.0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        room = LIMIT - self.sent
        if len(text) > room:
            self.left_out += len(text) - max(room, 0)
        if room > 0 and text:
            part = text[:room]
            # Of a line that is written over again and again only the last counts.
            self.sent += len(part) - part.rfind("\r") - 1 if "\r" in part else len(part)
            self.waiting.append(part)
            if self.pieces < AT_ONCE or time.monotonic() - self.last > PAUSE:
                self.flush()
        return len(text)

    def flush(self) -> None:
        if self.waiting:
            tell("text", stream=self.stream, text="".join(self.waiting))
            self.waiting.clear()
            self.pieces += 1
            self.last = time.monotonic()

    def end(self) -> None:
        self.flush()
        if self.left_out:
            words = f"\n(… {self.left_out:,} more characters are not shown)\n"
            tell("text", stream=self.stream, text=words)


def ticking(clock):
    """Return a clock that never shows the same time twice: a browser's stands still for long."""
    shown = 0.0

    def read() -> float:
        nonlocal shown
        shown = max(clock(), shown + 1e-9)
        return shown

    return read


time.perf_counter, time.process_time = ticking(time.perf_counter), ticking(time.process_time)


def refuse(name: str) -> None:
    """Say that what a cell calls is not there."""
    library = name.partition(".")[0].replace("dlbook", name)
    title = {"tensorflow": "TensorFlow", "keras": "Keras"}.get(library, library)
    raise ImportError(
        f"{title} does not run in a browser, so this needs Python on your own computer: "
        "take the page away as a notebook."
    )


class AbsentType(type):
    """Stands for a class that is not there: nothing is an instance of it, and none can be made."""

    def __call__(cls, *given: object, **named: object) -> None:
        refuse(cls.__module__)


class Absent(types.ModuleType):
    """Stands for a library, or a part of it, that cannot run here."""

    __path__ = ()

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        if name[0].isupper():
            return AbsentType(name, (), {"__module__": self.__name__})
        return Absent(f"{self.__name__}.{name}")

    def __call__(self, *given: object, **named: object) -> bool:
        # The package asks this of every TensorFlow that was imported, also where none is needed.
        if self.__name__ != "tensorflow.executing_eagerly":
            refuse(self.__name__)
        return True


class Finder:
    """Lets cells import what is absent, and the book's style reach Matplotlib when it comes."""

    STYLED = ("matplotlib.pyplot", "dlbook.plotting._style")

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in ABSENT or name in ABSENT_PARTS:
            return importlib.util.spec_from_loader(name, Finder)
        if name in Finder.STYLED:
            for finder in sys.meta_path:
                if finder is not Finder and (spec := finder.find_spec(name, path, target)):
                    spec.loader.exec_module = then_style(spec.loader.exec_module)
                    return spec
        return None

    @staticmethod
    def create_module(spec):
        return Absent(spec.name)

    @staticmethod
    def exec_module(module) -> None:
        pass


def then_style(load):
    """Return a function that loads a module and then sets the style."""

    def loaded(module: types.ModuleType) -> None:
        load(module)
        set_style()

    return loaded


def set_style() -> None:
    """Give figures the book's style once Matplotlib and the style are there."""
    if "matplotlib.pyplot" in sys.modules:
        style = importlib.import_module("dlbook.plotting._style")
        if hasattr(style, "STYLE"):
            sys.modules["matplotlib"].rcParams.update(style.STYLE)


def is_figure(value: object) -> bool:
    return "matplotlib.figure" in sys.modules and isinstance(
        value, sys.modules["matplotlib.figure"].Figure
    )


def drawn(figure) -> str:
    """Return a figure as SVG, drawn with the settings of the build."""
    target = io.BytesIO()
    figure.canvas.print_figure(
        target, format="svg", facecolor=figure.get_facecolor(),
        edgecolor=figure.get_edgecolor(), dpi=figure.dpi, bbox_inches="tight",
        metadata={"Date": None},
    )  # fmt: skip
    return target.getvalue().decode()


def show(value: object, key: str | None = None) -> None:
    """Show a value as the last line of a cell does."""
    if is_figure(value):
        tell("figure", svg=drawn(value), id=key)
    elif isinstance(value, Shown):
        tell("markup", language=value.language, text=value.data, id=key)
    else:
        text = book_pretty.pretty(value)
        if len(text) > LIMIT:
            text = f"{text[:LIMIT]}\n(… {len(text) - LIMIT:,} more characters are not shown)"
        tell("value", text=text, id=key)


def show_open_figures() -> None:
    """Show the figures that pyplot holds, and close them."""
    if "matplotlib.pyplot" in sys.modules:
        plt = sys.modules["matplotlib.pyplot"]
        for number in plt.get_fignums():
            show(plt.figure(number))
        plt.close("all")


# -- what cells may import of IPython and MyST-NB, as far as the book uses it -------------------


class Shown:
    """Text in a language that the build turned into a picture or a table."""

    language = "text"

    def __init__(self, data: str = "", *given: object, **named: object) -> None:
        self.data = str(data)


class Handle:
    """Shows another value in the same place."""

    count = 0

    def __init__(self) -> None:
        Handle.count += 1
        self.display_id = f"display-{Handle.count}"

    def display(self, value: object) -> None:
        show(value, self.display_id)

    update = display


def display(*values: object, display_id: object = None, **named: object) -> Handle | None:
    """Show values, as IPython's function of this name does."""
    if display_id:
        handle = Handle()
        for value in values:
            handle.display(value)
        return handle
    for value in values:
        show(value)
    return None


def glue(name: str, value: object, *, display: bool = True) -> None:
    """Do what MyST-NB's function of this name does for the eye; the page keeps its numbers."""
    if display:
        show(value)


def module(name: str, **content: object) -> None:
    """Make a module that cells may import."""
    made = types.ModuleType(name)
    made.__dict__.update(content)
    made.__path__ = ()
    sys.modules[name] = made
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], last, made)


def send(name: str, value: object) -> None:
    """Hand a value to the script of the page that runs this code.

    Arrays travel as base64 with their dtype and shape.
    """
    STDOUT.flush()
    tell("data", name=name, value=packed(value))


def packed(value: object) -> object:
    if hasattr(value, "tobytes") and hasattr(value, "dtype") and getattr(value, "shape", ()):
        content = base64.b64encode(value.tobytes()).decode()
        return {"dtype": str(value.dtype), "shape": list(value.shape), "base64": content}
    if hasattr(value, "item"):
        return value.item()
    if isinstance(value, dict):
        return {str(key): packed(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [packed(part) for part in value]
    return value


# -- running ----------------------------------------------------------------------------------


def is_readers(filename: str) -> bool:
    return filename.startswith("<cell")


def own_lines(said: traceback.TracebackException | None, seen: set[int]) -> None:
    """Leave of a traceback, and of those that it leads to, the lines that the reader wrote."""
    if said is None or id(said) in seen:
        return
    seen.add(id(said))
    said.stack[:] = [frame for frame in said.stack if is_readers(frame.filename)]
    own_lines(said.__cause__, seen)
    own_lines(said.__context__, seen)
    for part in said.exceptions or ():
        own_lines(part, seen)


def words_of(error: BaseException) -> str:
    """Return the traceback of an error, cut to the reader's own lines."""
    try:
        said = traceback.TracebackException.from_exception(error, compact=True)
        own_lines(said, set())
        text = "".join(said.format(colorize=False)).strip()
    except Exception:  # an error whose own words fail
        text = type(error).__name__
    return text if len(text) < 20_000 else f"{text[:10_000]}\n…\n{text[-9_000:]}"


def values_of(error: BaseException, names: dict) -> dict:
    """Return what a failed check claimed, and which values came."""
    if not isinstance(error, AssertionError):
        return {}
    try:
        import book_explain

        found = book_explain.report(type(error), error, error.__traceback__, names)
        return {key: found[key] for key in ("claim", "values", "words")}
    except Exception:
        return {"claim": "", "values": "", "words": str(error)}


def execute(code: str, name: str, names: dict, *, shown: bool) -> None:
    """Run the statements of a cell, and show the value of the last if it is an expression."""
    filename = f"<{name}>"
    linecache.cache[filename] = len(code), None, code.splitlines(keepends=True), filename
    tree = ast.parse(code, filename)
    last = tree.body[-1] if tree.body else None
    if shown and isinstance(last, ast.Expr) and not code.rstrip().endswith(";"):
        tree.body.pop()
    else:
        last = None
    exec(compile(tree, filename, "exec"), names)  # noqa: S102 - to run code is what this is for
    if last is not None:
        value = eval(compile(ast.Expression(last.value), filename, "eval"), names)  # noqa: S307
        if value is not None:
            STDOUT.flush()
            show(value)
    if shown:
        show_open_figures()


def run(request: str) -> None:
    """Run a cell, and tell how it went.

    Parameters
    ----------
    request : str
        JSON: the ``code``; a ``name`` for tracebacks, such as "cell 3"; and whether the cell is
        ``quiet``, which then shows no value and no figure.
    """
    asked = json.loads(request)
    # What others keep from Python's start would not come back after a reader's mistake.
    sys.stdout, sys.stderr, sys.modules["__main__"] = STDOUT, STDERR, NAMES
    STDOUT.start()
    STDERR.start()
    error = None
    names = NAMES.__dict__
    if asked.get("mark"):  # checks leave no names behind
        names = dict(names)
    try:
        execute(asked["code"], asked["name"], names, shown=not asked.get("quiet"))
    except BaseException as problem:  # SystemExit and KeyboardInterrupt, too
        error = problem
    sys.stdout, sys.stderr = STDOUT, STDERR
    STDOUT.end()
    STDERR.end()
    # The interpreter keeps the lines that called this function, each time anew.
    for kept in (linecache.cache, getattr(linecache, "_interactive_cache", {})):
        for key in [key for key in kept if "<turn" in str(key)]:
            del kept[key]
    if error is not None:
        text = words_of(error)
        tell("error", name=type(error).__name__, text=text, **values_of(error, names))
        error.__traceback__ = None
        error = None
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")
    tell("done")


def prepare() -> None:
    """Set up what cells find."""
    NAMES.__dict__.update(__builtins__=builtins, display=display)
    # The files in memory have no rights that could be asked for, so that all would be refused.
    os.access = lambda path, mode, **options: os.path.exists(path)  # noqa: PTH110
    sys.meta_path.insert(0, Finder)
    module("myst_nb", glue=glue)
    module("dlbook_live", send=send)
    languages = {name: type(name, (Shown,), {"language": name.lower()})
                 for name in ("Math", "Latex", "Markdown", "HTML", "SVG")}  # fmt: skip
    module("IPython", version_info=(9, 0), get_ipython=lambda: None)
    module("IPython.display", display=display, DisplayHandle=Handle, **languages)
    import numpy as np  # noqa: F401 - so that the first cell does not wait for it


STDOUT, STDERR = Stream("out"), Stream("err")
prepare()
