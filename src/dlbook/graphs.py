"""The computation graph of what a tape recorded, as plain data."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from dlbook.autodiff import Operation, Tensor, Variable


class Node(NamedTuple):
    """One box of the graph.

    Parameters
    ----------
    label : str
        The name of the operation or tensor; of a constant without a name, its value if it is
        a scalar, else "constant".
    kind : str
        ``"variable"``, ``"constant"`` or ``"operation"``.
    shape : tuple of int
        The shape of the variable, of the constant, or of what the operation gives.
    """

    label: str
    kind: str
    shape: tuple[int, ...]


def computation_graph(
    operations: Iterable[Operation],
) -> tuple[list[Node], list[tuple[int, int]]]:
    """Turn the lines of a tape into the nodes and edges of a graph.

    Parameters
    ----------
    operations : iterable of Operation
        What a tape recorded, in its order: ``tape.operations``.

    Returns
    -------
    nodes : list of Node
        One for each operation, and one for each variable and constant that an operation uses.
    edges : list of (int, int)
        For each input of each operation, the number of the node that it comes from, then that
        of the operation. Numbers are positions in `nodes`.

    Raises
    ------
    TypeError
        If `operations` are not operations of a tape.

    Notes
    -----
    Explained on the page `backpropagation`. A tensor is one node, however often it is used. A
    scalar constant without a name gets a node for each use: two twos have nothing in common.

    Examples
    --------
    >>> from dlbook.autodiff import GradientTape
    >>> x = Variable(0.0, name="x")
    >>> with GradientTape() as tape:
    ...     y = 2 * x
    >>> nodes, edges = computation_graph(tape.operations)
    >>> [node.label for node in nodes]
    ['2', 'x', 'multiply']
    >>> edges
    [(0, 2), (1, 2)]
    """
    # Kept until the end: the numbers below know tensors by their place in memory.
    operations = _recorded(operations)
    nodes: list[Node] = []
    edges: list[tuple[int, int]] = []
    numbers: dict[int, int] = {}  # of the tensors and arrays, by id: the operations hold them
    for operation in operations:
        sources = []
        for x in operation.inputs:
            is_own = not isinstance(x, Tensor) and np.ndim(x) == 0
            if is_own or id(x) not in numbers:
                numbers[id(x)] = len(nodes)
                nodes.append(_leaf(x))
            sources.append(numbers[id(x)])
        numbers[id(operation.output)] = len(nodes)
        edges += [(source, len(nodes)) for source in sources]
        nodes.append(Node(operation.name, "operation", operation.output.shape))
    return nodes, edges


def _recorded(operations: Any) -> list[Operation]:
    """Return the operations as a list; raise unless they are what a tape recorded."""
    given = list(operations) if isinstance(operations, Iterable) else [operations]
    for operation in given:
        if not isinstance(operation, Operation):
            raise TypeError(
                "operations: expected what a tape recorded, tape.operations. "
                f"Received: {type(operation).__name__}"
            )
    return given


def _leaf(x: Any) -> Node:
    """Return the node of a tensor or array that no operation on the tape gave."""
    kind = "variable" if isinstance(x, Variable) else "constant"
    unnamed = f"{np.asarray(x)}" if np.ndim(x) == 0 and kind == "constant" else kind
    return Node(getattr(x, "name", None) or unnamed, kind, np.shape(x))
