"""Say of an error in a cell where it is and, of a check, which value came and which was expected.

IPython runs this file when the kernel starts. What it finds travels as JSON in the place of the
coloured traceback, which `book_runner` would have to take apart again. pytest's rewriting of
assertions was considered: it changes the code that runs, where this looks at it afterwards.
"""

import ast
import json
import linecache
import traceback
from types import TracebackType

import numpy as np

SIGNS = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
CLOSE = {"allclose": (1e-5, 1e-8), "isclose": (1e-5, 1e-8)}
LENGTH = 160


def show(value: object) -> str:
    """Return a value on one line, shortened."""
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}"
    with np.printoptions(precision=6, threshold=8, edgeitems=3):
        text = " ".join(str(value) if isinstance(value, np.ndarray) else repr(value).split())
    return text if len(text) <= LENGTH else text[: LENGTH - 1] + "…"


class Explainer:
    """Evaluates the parts of a failed check once more, where it failed."""

    def __init__(self, names: dict[str, object]) -> None:
        self.names = names

    def value(self, node: ast.expr) -> object:
        code = compile(ast.fix_missing_locations(ast.Expression(node)), "<check>", "eval")
        return eval(code, self.names)  # noqa: S307 - the page's own code, which has just run

    def explain(self, test: ast.expr) -> str:
        """Return which part of a condition is false, with its values."""
        match test:
            case ast.BoolOp(op=ast.And(), values=parts):
                false = next(part for part in parts if not self.value(part))
                return self.explain(false)
            case ast.BoolOp(op=ast.Or(), values=parts):
                return "; ".join(map(self.explain, parts))
            case ast.Compare(left=left, ops=signs, comparators=rights):
                for sign, right in zip(signs, rights, strict=True):
                    pair = ast.Compare(left, [sign], [right])
                    if not np.all(self.value(pair)):
                        return self.compared(left, sign, right)
                    left = right
            case ast.Call(func=ast.Attribute(value=inner, attr="all"), args=[]):
                return self.elements(inner)
            case ast.Call(func=ast.Attribute(attr="all" | "any"), args=[inner]):
                return self.elements(inner)
            case ast.Call(func=ast.Name(id="all"), args=[ast.GeneratorExp() as loop]):
                return self.first_of(loop)
            case ast.Call(func=ast.Attribute(attr=name), args=[a, b, *_]) if name in CLOSE:
                return self.apart(a, b, name, test)
        return f"{ast.unparse(test)} is {show(self.value(test))}"

    def compared(self, left: ast.expr, sign: ast.cmpop, right: ast.expr) -> str:
        """Return both sides of a comparison; what stands there as a number needs no value."""
        text = ast.unparse(left)
        if not isinstance(left, ast.Constant):
            text += f" is {show(self.value(left))}"
        text += f"; expected: {SIGNS[type(sign)]} {ast.unparse(right)}"
        if not isinstance(right, ast.Constant):
            text += f", which is {show(self.value(right))}"
        return text

    def elements(self, inner: ast.expr) -> str:
        """Return how many elements are false, and the first of them."""
        values = np.asarray(self.value(inner))
        if values.ndim == 0 or values.dtype.kind not in "biuf":
            return f"{ast.unparse(inner)} is {show(self.value(inner))}"
        place = tuple(int(k) for k in np.argwhere(~values.astype(bool))[0])
        text = f"{(~values.astype(bool)).sum()} of {values.size} elements of {ast.unparse(inner)}"
        text += " are false"
        if isinstance(inner, ast.Compare):
            for side in (inner.left, *inner.comparators):
                if not isinstance(side, ast.Constant):
                    element = np.broadcast_to(np.asarray(self.value(side)), values.shape)[place]
                    text += f"; {ast.unparse(side)} is {show(element)} there"
        return text

    def first_of(self, loop: ast.GeneratorExp) -> str:
        """Return where a loop over conditions meets the first that is false."""
        names = [ast.parse(ast.unparse(part.target), mode="eval").body for part in loop.generators]
        rows = ast.ListComp(ast.Tuple([loop.elt, *names], ast.Load()), loop.generators)
        first = next(row for row in self.value(rows) if not row[0])
        places = [f"{ast.unparse(t)} is {show(v)}" for t, v in zip(names, first[1:], strict=True)]
        return f"{ast.unparse(loop.elt)} is {show(first[0])} where {', '.join(places)}"

    def apart(self, a: ast.expr, b: ast.expr, name: str, call: ast.Call) -> str:
        """Return how far two arrays are apart, and how far they may be."""
        bounds = dict(zip(("rtol", "atol"), CLOSE[name], strict=True))
        bounds |= {k.arg: self.value(k.value) for k in call.keywords if k.arg in bounds}
        bounds |= dict(zip(bounds, map(self.value, call.args[2:4]), strict=False))
        x, y = (np.asarray(self.value(side), dtype=float) for side in (a, b))
        away, allowed = np.abs(x - y), bounds["atol"] + bounds["rtol"] * np.abs(y)
        worst = np.unravel_index(np.argmax(away - allowed), away.shape)
        return (
            f"{ast.unparse(a)} and {ast.unparse(b)} are {show(away[worst])} apart where they "
            f"differ most; expected: at most {show(np.broadcast_to(allowed, away.shape)[worst])}"
        )


def where(trace: TracebackType | None, names: dict[str, object]) -> tuple[int, list[TracebackType]]:
    """Return the line of the cell that was being run, and the steps that lead through cells."""
    steps = []
    while trace is not None:
        if trace.tb_frame.f_globals is names:
            steps.append(trace)
        trace = trace.tb_next
    return (steps[0].tb_lineno if steps else 1), steps


def check_of(trace: TracebackType) -> ast.Assert | None:
    """Return the check that stands at the line where a step stopped."""
    lines = linecache.getlines(trace.tb_frame.f_code.co_filename)
    try:
        tree = ast.parse("".join(lines))
    except SyntaxError:
        return None
    line = trace.tb_lineno
    checks = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    found = [node for node in checks if node.lineno <= line <= (node.end_lineno or line)]
    return found[-1] if found else None


def report(kind: type, error: BaseException, trace: TracebackType, names: dict) -> dict:
    """Return what is to be said about an error: its line, the claim, the values, the words."""
    line, steps = where(trace, names)
    said = {"line": line, "claim": "", "values": "", "words": str(error)}
    check = check_of(steps[-1]) if steps and issubclass(kind, AssertionError) else None
    if check is not None:
        said["line"] = check.lineno if len(steps) == 1 else line
        said["claim"] = ast.unparse(check.test)
        frame = steps[-1].tb_frame
        try:
            said["values"] = Explainer({**frame.f_globals, **frame.f_locals}).explain(check.test)
        except Exception as again:
            said["values"] = f"(its parts cannot be evaluated a second time: {again})"
    else:
        said["words"] = "".join(traceback.format_exception_only(kind, error)).strip()
        said["trace"] = traceback.format_tb(steps[0] if steps else trace)[-4:]
    return said


def tell(shell, kind: type, error: BaseException, trace: TracebackType, tb_offset=None) -> None:
    """Send the report to whoever runs the cell, as IPython sends its coloured traceback."""
    shell._showtraceback(kind, error, [json.dumps(report(kind, error, trace, shell.user_ns))])


if "get_ipython" in globals():
    get_ipython().set_custom_exc((Exception,), tell)  # noqa: F821
