"""The symbol table of a cell, the same for every supported Python.

Since Python 3.12 comprehensions are compiled into the function or module around them (PEP 709), and
`symtable` counts their variables among the names of that function or module.
"""

import ast
import symtable


class _OfItsOwn(ast.NodeTransformer):
    """Puts each comprehension into a function of its own, as older versions of Python do."""

    def _apart(self, node: ast.expr) -> ast.expr:
        self.generic_visit(node)
        nothing = ast.arguments([], [], None, [], [], None, [])
        return ast.Call(ast.Lambda(nothing, node), [], [])

    visit_ListComp = visit_SetComp = visit_DictComp = _apart  # noqa: N815


def symbols_of(code: str) -> symtable.SymbolTable:
    """Return the table of the names of a cell; a SyntaxError tells of code that is no Python."""
    tree = _OfItsOwn().visit(ast.parse(code))
    return symtable.symtable(ast.unparse(ast.fix_missing_locations(tree)), "<cell>", "exec")
