"""The comparison of two builds: it forgives what was timed, and nothing else."""

import hashlib
import json
import sys
import zipfile
from pathlib import Path

import nbclient
import nbformat
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import reproduce
from reproduce import Timings, compare, files_of

SVG = "<svg>\n<path/>\n</svg>\n"
NAME = hashlib.sha256(b"<svg>\n<path/>\n</svg>").hexdigest()


GLUED_TEXT = "application/papermill.record/text/plain"


def cell(source, *outputs, tags=(), printed=""):
    stream = {"name": "stdout", "output_type": "stream", "text": printed}
    return {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": source,
            "outputs": [{"data": data} for data in outputs] + [stream] * bool(printed)}  # fmt: skip


TIMED = Timings()
TIMED.add({"cells": [
    cell("time()", {GLUED_TEXT: "'12.5'"}, {"image/svg+xml": SVG}, tags=["timing"]),
    cell("other()", {GLUED_TEXT: "'7'"}, {"image/svg+xml": SVG * 2}, printed="30 ms\n"),
]})  # fmt: skip
TIMED.add({"cells": [
    cell("time()", {"text/plain": "'13.9'"}, tags=["timing"], printed="loops 20 ms\nand 9 µs\n")
]})  # fmt: skip
MANIFEST = """<manifest>
<item id="epub-{}" href="_images/{}.svg"/>
<item id="epub-{}" href="_images/{}.svg"/>
<item id="epub-3" href="index.xhtml"/>
</manifest>"""
GLUED = '<p><span class="pasted-text timed">{}</span> s, <span class="pasted-text">7</span></p>'


def verdict(name, first, second):
    """Compare one file of two builds."""
    found = compare({name: first.encode()}, {name: second.encode()}, TIMED)
    return "same" if found.same else "timed" if found.timed else "wrong"


def test_only_cells_with_the_tag_are_forgiven():
    assert TIMED.texts == {"12.5", "13.9", "loops 20 ms", "and 9 µs"}
    assert TIMED.images == {NAME}
    assert TIMED.sources == {"time()"}


def test_the_kernels_own_notebook_is_read_as_we_think(tmp_path):
    """What a cell glues, shows and prints, as nbclient and MyST-NB keep it."""
    code = "from myst_nb import glue\nglue('a', '1.5 s', display=False)\nprint('2.5 s')\n'3.5 s'"
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code, metadata={"tags": ["timing"]})]
    )
    nbclient.NotebookClient(notebook, timeout=60).execute()
    for number in "12":
        (tmp_path / number).mkdir()
        nbformat.write(notebook, tmp_path / number / "base.ipynb")
    found = Timings.of(tmp_path / "1", tmp_path / "2")
    assert found.texts == {"1.5 s", "2.5 s", "3.5 s"}


@pytest.mark.parametrize(
    ("name", "first", "second", "expected"),
    [
        ("a.css", "p {}", "p {}", "same"),
        ("a.css", "p {}", "p { }", "wrong"),
        ("a.html", GLUED.format("12.5"), GLUED.format("13.9"), "timed"),
        ("a.xhtml", GLUED.format("12.5"), GLUED.format("13.9"), "timed"),
        ("a.html", GLUED.format("12.5"), GLUED.format("13.8").replace(" timed", ""), "wrong"),
        ("a.html", GLUED.format("12.5"), GLUED.format("13.9").replace("7", "8"), "wrong"),
        ("a.html", "<p>12.5</p>", "<p>13.9</p>", "wrong"),
        ("a.html", '<div class="tag_timing"><div class="cell_output">1</div></div>',
         '<div class="tag_timing"><div class="cell_output">2</div></div>', "timed"),
        ("a.html", '<div class="tag_timing"><div class="cell_input">1</div></div>',
         '<div class="tag_timing"><div class="cell_input">2</div></div>', "wrong"),
        ("a.html", '<div class="cell"><div class="cell_output">1</div></div>',
         '<div class="cell"><div class="cell_output">2</div></div>', "wrong"),
        ("how.html", '<div class="page-times"><td>1</td></div>',
         '<div class="page-times"><td>2</td></div>', "timed"),
        ("dlbook.epub/content.opf", MANIFEST.format(1, NAME, 2, "b"),
         MANIFEST.format(1, "b", 2, NAME), "timed"),
        ("dlbook.epub/content.opf", MANIFEST.format(1, NAME, 2, "b"),
         MANIFEST.format(1, "c", 2, NAME), "wrong"),
    ],
)  # fmt: skip
def test_a_file_is_the_same_or_timed_or_wrong(name, first, second, expected):
    assert verdict(name, first, second) == expected


@pytest.mark.parametrize(
    ("source", "words", "expected"),
    [
        ("time()", "It took {} s.", "timed"),
        ("other()", "It took {} s.", "wrong"),
        ("time()", "It took 2{} s.", "wrong"),
    ],
)
def test_notebooks_lose_the_outputs_and_words_of_timed_cells_only(source, words, expected):
    def notebook(value):
        text = {"cell_type": "markdown", "metadata": {}, "source": words.format(value)}
        return json.dumps({"cells": [text, cell(source, {"text/plain": value})]})

    assert verdict("a.ipynb", notebook("12.5"), notebook("13.9")) == expected


def test_a_file_in_one_build_only_must_be_an_image_of_what_was_timed():
    for name in f"_images/{NAME}.svg", f"dlbook.epub/_images/{NAME}.svg (time)":
        assert compare({name: b""}, {}, TIMED).timed
        assert compare({}, {name: b""}, TIMED).timed
    for name in f"_images/{NAME[::-1]}.svg", "new.html":
        assert compare({name: b""}, {}, TIMED).wrong
        assert compare({}, {name: b""}, TIMED).wrong


def test_the_parts_of_a_book_are_compared_and_their_times(tmp_path):
    for folder, year in (("a", 1980), ("b", 1981)):
        (tmp_path / folder).mkdir()
        with zipfile.ZipFile(tmp_path / folder / "dlbook.epub", "w") as book:
            book.writestr(zipfile.ZipInfo("x.xhtml", (year, 1, 1, 0, 0, 0)), "<p/>")
    found = compare(files_of(tmp_path / "a"), files_of(tmp_path / "b"), TIMED)
    assert found.same == ["dlbook.epub/x.xhtml"]
    assert list(found.wrong) == ["dlbook.epub/x.xhtml (time)"]


def test_the_report_counts_and_shows_where_files_part(tmp_path, capsys):
    for folder, text in (("first", "a {}"), ("second", "b {}")):
        made = tmp_path / folder / "made/html"
        made.mkdir(parents=True)
        (made / "a.css").write_text(text)
        (made / "b.css").write_text("same")
    assert reproduce.main(["--compare-only", "--folder", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "DIFFERS a.css" in said
    assert "'a {}'" in said
    assert said.endswith("1 files are the same to the byte, 0 but for what was timed, 1 differ\n")
