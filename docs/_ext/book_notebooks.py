"""Offer every executed page as a notebook that runs anywhere, and as its source.

MyST-NB leaves the executed notebooks beside the site. Here they lose the cells that readers do
not see, and their text loses what only Sphinx understands: directives and roles become plain
Markdown, pasted numbers become the numbers, equations and figures keep their numbers, and links
lead to the site where its address is known. What remains needs ``dlbook`` and nothing else; the
first cells say how to get it. Its wheel lies beside the notebooks, if `nox -s docs` has built one.
"""

import ast
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import yaml
from book_bibliography import cited_as
from book_questions import with_minus
from book_reading_time import time_of
from docutils import nodes
from jupyter_cache import get_cache
from sphinx.application import Sphinx
from sphinx.directives.code import LiteralInclude, LiteralIncludeReader
from sphinx.environment import BuildEnvironment

HIDDEN = {"remove-cell", "site-only"}
FENCE = re.compile(
    r"^(?P<f>`{3,}|:{3,})\{(?P<name>[\w:-]+)\}[ ]*(?P<arg>[^\n]*)\n(?P<body>.*?)^(?P=f)[ ]*$",
    re.M | re.S,
)
ROLE = re.compile(r"\{([\w:-]+)\}`([^`]+)`")
OPTION = re.compile(r"\A(?::[\w-]+:[^\n]*\n|---\n.*?\n---\n)+", re.S)
SETTING = re.compile(r"^:([\w-]+):[ ]*(.*)$", re.M)
ITEM = re.compile(r"- \[([^\]]*)\] ?(.*)")
TITLED = re.compile(r"(.*?)\s*<([^<>]*)>", re.S)
HEADS = {
    "exercise-start": "### Exercise: {}",
    "solution-start": "**Answer.** Try it yourself first.",
}
ELSEWHERE = {"explorer", "glue:figure", "nb-exec-table", "symbols"}
REFERENCES = {"doc", "eq", "ref", "numref", "term"}
# Where the book's repository is, as owner/name on GitHub; only the publishing workflow knows it.
REPOSITORY = os.environ.get("DLBOOK_REPOSITORY", "")


def settings(options: str) -> dict[str, str]:
    """Return the options of a directive as MyST takes them: as text, without quotes around it."""
    read = {key: (text, yaml.compose(text)) for key, text in SETTING.findall(options)}
    return {
        key: node.value if isinstance(node, yaml.ScalarNode) else text
        for key, (text, node) in read.items()
    }


def joined(lines: str) -> str:
    """Return lines as one."""
    return " ".join(lines.split())


class Plain:
    """Turns the MyST of one page into Markdown that every notebook program shows."""

    def __init__(self, env: BuildEnvironment, page: str, glued: dict[str, str]) -> None:
        self.env, self.page, self.glued = env, page, glued
        self.site = env.config.html_baseurl

    def __call__(self, text: str) -> str:
        text = FENCE.sub(self.directive, text)
        text = re.sub(r"^\([\w-]+\)=\n", "", text, flags=re.M)
        text = ROLE.sub(self.role, text)
        return re.sub(r"\n{3,}", "\n\n", text).strip()

    def link(self, text: str, page: str, anchor: str = "") -> str:
        """Return a link to the site, or the text alone where nobody knows the site's address."""
        if not self.site:
            return text
        return f"[{text}]({self.site}{page}.html{f'#{anchor}' if anchor else ''})"

    def directive(self, found: re.Match[str]) -> str:
        name, argument = found["name"], found["arg"].strip()
        options = OPTION.match(found["body"])
        body = found["body"][options.end() :] if options else found["body"]
        if name in HEADS:
            return HEADS[name].format(argument)
        if name in {"python", "console", "text"}:
            return found[0]
        if name in ELSEWHERE:
            return self.elsewhere(name, body)
        match name:
            case "math":
                return self.equation(body.strip(), options[0] if options else "")
            case "literalinclude":
                return self.listing(argument, options[0] if options else "")
            case "note" | "tip" | "important" | "warning" | "seealso" | "admonition" | "dropdown":
                title = argument or name.capitalize()
                return f"**{title}**\n\n{FENCE.sub(self.directive, body).strip()}"
            case "div" | "grid" | "grid-item-card":
                title = f"**{argument}**\n\n" if name == "grid-item-card" else ""
                return title + FENCE.sub(self.directive, body).strip()
            case "button-ref":
                return f"- {self.link(body.strip(), argument)}"
            case "question":
                return self.question(argument, options[0] if options else "", body)
        # Exercise ends, lists of pages, bibliographies.
        return ""

    def elsewhere(self, name: str, body: str) -> str:
        """Return what stands for something that only the site can show."""
        page = self.link("The page on the site", self.page)
        if name != "explorer":
            return f"*{page} shows this.*"
        still = "\n\n".join(re.findall(r"^:alt:[ ]*(.*)$", body, re.M))
        return f"*{page} has an interactive figure here.* {still}".strip()

    def question(self, title: str, options: str, body: str) -> str:
        """Return what a ``question`` asks, with its answer folded below."""
        given = settings(options)
        prompt: list[str] = []
        items: list[tuple[str, list[str]]] = []
        because: list[str] = []
        for line in body.splitlines():
            if found := ITEM.match(line):
                items.append((found[1].strip(), [found[2]]))
            elif items and not because and (line.startswith("  ") or not line):
                items[-1][1].append(line.strip())
            else:
                (because if items else prompt).append(line)
        if "answer" in given:
            if not items:
                first, _, rest = "\n".join(prompt).partition("\n\n")
                prompt, because = [first], [rest]
            choices = []
            answer = [f"The answer is {with_minus(given['answer'])}.", *because]
            answer += [
                f"\nNot {with_minus(mark)}: {joined(' '.join(lines))}" for mark, lines in items
            ]
        else:
            # A choice ends with its first paragraph, whose lines may be several.
            parts = [(mark, *"\n".join(lines).partition("\n\n")) for mark, lines in items]
            told = [(mark, joined(text), joined(reason)) for mark, text, _, reason in parts]
            choices = [f"- {text}" for _, text, _ in told]
            answer = [
                f"- **{'Right' if mark else 'Wrong'}: {text}** {reason}"
                for mark, text, reason in told
            ] + because
        asked = "\n".join([f"**{title}**", "", *prompt, "", *choices])
        folded = "\n".join(["<details><summary>Show the answer</summary>", "", *answer])
        return f"{asked}\n\n{folded}\n\n</details>"

    def listing(self, path: str, options: str) -> str:
        """Return what a ``literalinclude`` shows."""
        source = (Path(self.env.srcdir) / self.page).parent.joinpath(path).resolve()
        kinds: dict[str, Any] = LiteralInclude.option_spec
        try:
            given = {
                key: kinds[key](value or None)
                for key, value in settings(options).items()
                if key in kinds
            }
            code, _ = LiteralIncludeReader(str(source), given, self.env.config).read()
        except (OSError, ValueError):  # Sphinx has warned of it where the page shows it
            return ""
        return f"```python\n{code.strip()}\n```"

    def role(self, found: re.Match[str]) -> str:
        name, text = found.groups()
        titled = TITLED.fullmatch(text)
        shown, target = titled.groups() if titled else ("", text)
        if name.startswith("glue:"):
            # Of another page it is "page.md::name:format"; the format is for strings only.
            return self.glued[text.rpartition("::")[2].partition(":")[0]]
        if name in REFERENCES:
            return self.reference(name, shown, target)
        match name:
            case "math":
                return f"${text}$"
            case "reading-time":
                return time_of(self.env, text)
            case _ if name.startswith("cite"):
                return f"({'; '.join(self.source(key.strip()) for key in text.split(','))})"
            case _ if titled:
                return shown
            case _ if name.startswith("py:"):
                return f"`{text.lstrip('~').rpartition('.')[2] if '~' in text else text}`"
        return text

    def reference(self, name: str, shown: str, target: str) -> str:
        """Return a reference to another place as the page shows it."""
        std = self.env.get_domain("std")
        match name:
            case "doc":
                page = target.lstrip("/")
                title = self.env.titles.get(page)
                return self.link(shown or (f"“{title.astext()}”" if title else target), page)
            case "eq":
                equations = self.env.get_domain("math").equations
                page, number = equations.get(target, (self.page, target))
                there = f"({number})"
                return there if page == self.page else self.link(there, page, f"equation-{target}")
            case "ref" if target in std.labels:
                page, anchor, title = std.labels[target]
                return self.link(shown or title, page, anchor)
            case "numref":
                page, anchor = std.anonlabels.get(target, (self.page, ""))
                number = self.number(target)
                return number if page == self.page else self.link(number, page, anchor)
            case "term":
                place = std.objects.get(("term", target.replace("'", "’")), ("glossary", ""))
                return self.link(shown or target, *place)
        return shown or target

    def equation(self, lines: str, options: str) -> str:
        """Return a formula with the number that it has on the page."""
        label = dict(SETTING.findall(options)).get("label", "").strip()
        inner = rf"\begin{{aligned}}{lines}\end{{aligned}}" if "&" in lines else lines
        _, number = self.env.get_domain("math").equations.get(label, ("", 0))
        tag = rf" \tag{{{number}}}" if number else ""
        return f"$$\n{inner}{tag}\n$$"

    def caption(self, figure: dict[str, Any]) -> str:
        """Return the caption of a figure with its number."""
        number = self.number(figure["name"]) if "name" in figure else ""
        return f"**{number}.** {self(figure.get('caption', ''))}".replace("**.** ", "").strip()

    def source(self, key: str) -> str:
        """Return the authors and the year of a work, as the site cites it."""
        return cited_as(self.env.get_domain("cite").bibdata.data.entries[key])

    def number(self, label: str) -> str:
        for kinds in self.env.toc_fignumbers.values():
            for kind, numbers in kinds.items():
                if label in numbers:
                    word = {"figure": "Fig.", "table": "Table"}.get(kind, "Listing")
                    return f"{word} {'.'.join(map(str, numbers[label]))}"
        return label


def pasted(folder: Path) -> dict[str, str]:
    """Return what the pages glued, by name, from the files that MyST-NB writes for each page."""
    values = {}
    for path in folder.rglob("*.glue.json"):
        for name, output in json.loads(path.read_text("utf-8")).items():
            text = "".join(output["data"].get("text/plain", ""))
            try:
                values[name] = str(ast.literal_eval(text))
            except (SyntaxError, ValueError):
                values[name] = text
    return values


def described(outputs: list[dict[str, Any]], alt: str) -> list[dict[str, Any]]:
    """Return the outputs of a cell: pictures with their description, pieces of print joined."""
    shown: list[dict[str, Any]] = []
    for output in outputs:
        last = shown[-1] if shown else {}
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            shown[-1] = {**last, "text": last["text"] + output["text"]}
        elif alt and "image/png" in output.get("data", {}):
            about = output.get("metadata", {})
            picture = {**about.get("image/png", {}), "alt": alt}
            shown.append({**output, "metadata": {**about, "image/png": picture}})
        else:
            shown.append(output)
    return shown


def how_to_run(plain: Plain, wheel: str) -> list[dict[str, Any]]:
    """Return the cells that say what a notebook is, and fetch what it needs."""
    config = plain.env.config
    book = plain.link(f"*{config.project}*", plain.page)
    text = (
        f"This notebook is a page of the book {book}, version {config.release}.\n"
        "To run it you need Python 3.10 to 3.13 and the book's package, `dlbook`, "
        f"in version {config.release}"
    )
    if plain.site and wheel:
        source = f"{plain.site}_sources/{wheel}"
    elif REPOSITORY:
        source = f"git+https://github.com/{REPOSITORY}"
    else:
        beside = f", which lies beside this notebook as `{wheel}`" if wheel else ""
        text += f"{beside}.\nInstall it with pip: `%pip install {wheel or 'dlbook'}` in a cell."
        return [{"cell_type": "markdown", "metadata": {}, "source": text}]
    fetch = f"    import dlbook\nexcept ModuleNotFoundError:\n    %pip install --quiet {source}"
    return [
        {"cell_type": "markdown", "metadata": {}, "source": f"{text}; the next cell fetches it."},
        {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [],
         "source": f"try:\n{fetch}"},
    ]  # fmt: skip


def clean(notebook: dict[str, Any], plain: Plain, wheel: str = "") -> dict[str, Any]:
    """Return the notebook that readers take away."""
    cells = how_to_run(plain, wheel)
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            if text := plain(source):
                cells.append({"cell_type": "markdown", "metadata": {}, "source": text})
        elif HIDDEN.isdisjoint(cell["metadata"].get("tags", ())):
            about = cell["metadata"].get("mystnb", {})
            alt = about.get("image", {}).get("alt", "")
            outputs = described(cell.get("outputs", []), alt)
            cells.append({**cell, "source": source, "metadata": {}, "outputs": outputs})
            if "figure" in about:
                caption = plain.caption(about["figure"])
                cells.append({"cell_type": "markdown", "metadata": {}, "source": caption})
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def offer(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Write the page's notebook, and tell the template what there is to take away."""
    executed = Path(app.outdir).parent / "jupyter_execute" / f"{pagename}.ipynb"
    if app.builder.name != "html" or doctree is None or app.config.nb_execution_mode != "cache":
        return
    if "kernelspec" not in app.env.metadata[pagename]:
        return
    notebook = nbformat.reads(executed.read_text("utf-8"), as_version=4)
    # When nothing had to run, MyST-NB writes the notebook without the outputs from its cache.
    cache = get_cache(app.config.nb_execution_cache_path)
    _, notebook = cache.merge_match_into_notebook(notebook)
    target = Path(app.outdir) / "_sources" / f"{pagename}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    plain = Plain(app.env, pagename, pasted(executed.parent))
    wheel = app.config.book_wheel
    text = json.dumps(clean(notebook, plain, Path(wheel).name), indent=1, ensure_ascii=False)
    target.write_text(text + "\n", "utf-8")
    if wheel:
        shutil.copy(wheel, target.parent)
        context["wheel"] = f"_sources/{Path(wheel).name}"
    context["notebook"] = f"_sources/{pagename}.ipynb"
    if REPOSITORY:
        # The publishing workflow keeps the notebooks on a branch of their own.
        context["launch"] = {
            "Colab": "https://colab.research.google.com/github/"
            f"{REPOSITORY}/blob/notebooks/{pagename}.ipynb",
            "Binder": f"https://mybinder.org/v2/gh/{REPOSITORY}/notebooks?labpath={pagename}.ipynb",
        }


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("book_wheel", "", "html")
    app.connect("html-page-context", offer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
