"""The package as an importer meets it: names, weight of the import, contents of the wheel."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import dlbook

ROOT = Path(__file__).parent.parent

CONTENT_NAMES = {
    "naive_relu": ["x"],
    "naive_add": ["x", "y"],
    "naive_add_matrix_and_vector": ["x", "y"],
    "naive_vector_dot": ["x", "y"],
    "naive_matrix_vector_dot": ["x", "y"],
    "naive_matrix_dot": ["x", "y"],
    "NaiveDense": ["input_size", "output_size", "activation"],
    "NaiveSequential": ["layers"],
    "BatchGenerator": ["images", "labels", "batch_size"],
    "one_training_step": ["model", "images_batch", "labels_batch"],
    "update_weights": ["gradients", "weights"],
    "fit": ["model", "images", "labels", "epochs", "batch_size"],
}

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(dlbook.__path__, "dlbook.")
    if not module.name.rpartition(".")[2].startswith("_")
)


@pytest.mark.parametrize("name", CONTENT_NAMES)
def test_each_name_of_the_book_takes_its_positional_parameters(name):
    parameters = inspect.signature(getattr(dlbook, name)).parameters.values()
    positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert positional == CONTENT_NAMES[name]
    assert all(p.kind is p.KEYWORD_ONLY for p in parameters if p.name not in positional)


def test_batch_size_is_128_by_default():
    for name in ("BatchGenerator", "fit"):
        assert inspect.signature(getattr(dlbook, name)).parameters["batch_size"].default == 128


def test_every_exported_name_exists_and_is_listed():
    for name in dlbook.__all__:
        assert getattr(dlbook, name).__name__ == name
    assert set(dlbook.__all__) <= set(dir(dlbook))
    assert sorted(dlbook.__all__) == sorted(dlbook._HOME)


def test_what_type_checkers_see_is_what_is_exported():
    tree = ast.parse(Path(dlbook.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name: node.module for node in block.body for alias in node.names}
    assert seen == {name: f"dlbook.{module}" for name, module in dlbook._HOME.items()}


def test_unknown_names_raise_attribute_error():
    with pytest.raises(AttributeError, match="module 'dlbook' has no attribute 'nonsense'"):
        dlbook.nonsense  # noqa: B018


def test_version_is_that_of_the_distribution():
    from importlib.metadata import version

    assert dlbook.__version__ == version("dlbook")


def fresh_python(code):
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout.split()


@pytest.mark.parametrize("statement", ["import dlbook", "from dlbook import naive_relu",
                                       "from dlbook.datasets import mnist",
                                       "from dlbook import BatchGenerator"])  # fmt: skip
def test_import_loads_neither_tensorflow_nor_matplotlib(statement):
    loaded = fresh_python(f"{statement}; import sys; print(*sys.modules)")
    assert not {"tensorflow", "keras", "matplotlib"} & set(loaded)
    assert "dlbook" in loaded


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    module = importlib.import_module(name)
    results = doctest.testmod(module, extraglobs={"np": np}, optionflags=doctest.ELLIPSIS)
    assert results.failed == 0


def public_objects():
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        for name, thing in vars(module).items():
            if name.startswith("_") or getattr(thing, "__module__", None) != module_name:
                continue
            if getattr(thing, "_is_protocol", False):
                continue
            if inspect.isfunction(thing) or inspect.isclass(thing):
                yield f"{module_name}.{name}"


# Checked: everything numpydoc knows, but for these.
NUMPYDOC_IGNORED = {
    "GL01",  # ruff looks at where the summary stands; numpydoc 1.11 has another opinion than 1.8
    "ES01",  # an extended summary is not always needed
    "SA01",  # nor is a See Also section
    "EX01",  # nor an example for every helper
    "GL08",  # ruff's D rules look at missing docstrings
    "RT03",  # return values: the type line says enough at times
}


def is_formula(name):
    """The operations of the tape: arrays in, array out, and one line that says which formula."""
    module, _, function = name.rpartition(".")
    docstring = getattr(importlib.import_module(module), function).__doc__
    return module == "dlbook.autodiff" and "\n" not in docstring


@pytest.mark.parametrize(
    "name", [name for name in sorted(public_objects()) if not is_formula(name)]
)
def test_docstrings_have_numpy_form(name):
    from numpydoc.validate import validate

    errors = [error for error in validate(name)["errors"] if error[0] not in NUMPYDOC_IGNORED]
    assert errors == []
