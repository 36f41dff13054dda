"""A rerun: parameters checked before any kernel starts, a folder of its own, and a comparison result by result."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from analysis.cli import command
from analysis.core import paths
from analysis.core.errors import DataError, ParameterError, RunError
from analysis.data.faults import Fault
from analysis.runs import kernels, rerun
from analysis.runs.notebooks import notebook_files
from analysis.runs.parameters import declared
from analysis.runs.rerun import compare, differences, find_notebook, read_pairs, results_of, slug

PARAMETERS = """\
share: float = 0.5  # share that counts [0 to 1]
times: int = 2  # how often the share is counted
strict: bool = False  # whether the run is strict
word: str = "calm"  # the word that is looked for [one of calm, rising, broken]"""
OPEN = """\
from analysis.runs.results import Results
from analysis.charts.show import Prose
results = Results("01-one")"""
RECORD = "results.add('product', share * times)\nresults.add('word', word)\nresults"
VALUES = ["share=0.25", "strict=TRUE"]


@pytest.fixture(autouse=True)
def sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """The data are checked by other tests."""
    monkeypatch.setattr(rerun, "check", lambda: [])


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    return write(tmp_path, "Prose('<script>alert(1)</script>')")


def write(folder: Path, last: str) -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in (PARAMETERS, OPEN, RECORD, last)]
    cells[0].metadata["tags"] = ["parameters"]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}}
    )
    file = folder / "01-one.ipynb"
    file.write_text(nbformat.writes(content), encoding="utf-8")
    return file


def test_a_chapter_is_found_by_number_or_name() -> None:
    expected = paths.NOTEBOOKS / "04-alignment.ipynb"
    assert {find_notebook(name) for name in ("04", "04-alignment", "04-alignment.ipynb")} == {expected}
    with pytest.raises(ParameterError, match=r"no chapter “04-alignmnt” \(nearest: 04-alignment\); chapters: 01-"):
        find_notebook("04-alignmnt")


@pytest.mark.parametrize("file", notebook_files(), ids=lambda path: path.stem)
def test_every_parameter_of_every_chapter_refuses_nonsense(file: Path) -> None:
    for parameter in declared(file):
        nonsense = "no such thing" if parameter.type in ("str", "bool") else -1
        with pytest.raises(ParameterError, match=rf"parameter {parameter.name}: .*{nonsense}"):
            kernels.compute(file, {parameter.name: nonsense})


@pytest.mark.parametrize(
    ("chapter", "values", "message"),
    [
        ("01", {"start": "2030-01-01", "end": "2030-12-31"}, "no event from 2030-01-01"),
        (
            "01",
            {"start": "2025-02-08", "end": "2025-02-07"},
            "parameter end: 2025-02-07 lies before start (2025-02-08)",
        ),
        ("06", {"start": "2030-01-01", "end": "2030-12-31"}, "no occasion from 2030-01-01"),
        ("07", {"window_start": "2025-02-07", "window_end": "2025-02-07"}, "no signal from Tokyo to Beijing"),
        ("08", {"window_start": "1990-01-01", "window_end": "1991-01-01"}, "no signal from Tokyo to Beijing"),
        ("09", {"shown_from": "2026-01-01"}, "parameter shown_from: '2026-01-01'; allowed: days up to 2025-01-01"),
    ],
)
def test_a_window_with_nothing_to_count_is_refused(chapter: str, values: dict[str, str], message: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(message)):
        kernels.compute(find_notebook(chapter), values)


def test_texts_are_read_as_the_notebook_holds_them(notebook: Path) -> None:
    pairs = ["share=1", "times=3", "strict=TRUE", "word=rising"]
    values = read_pairs(pairs, declared(notebook))
    assert values == {"share": 1.0, "times": 3, "strict": True, "word": "rising"}
    assert type(values["share"]) is float


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (["shar=1"], "no parameter “shar” (nearest: share); known: share, times, strict, word"),
        (["share"], "“share” is no parameter; write name=value"),
        (["share=1", "share=0"], "parameter share is given twice"),
        (["share=half"], "parameter share: 'half'; allowed: a number from 0 to 1"),
        (["word=risng"], "parameter word: 'risng' (nearest: rising); allowed: calm, rising, broken"),
    ],
)
def test_a_wrong_name_or_value_has_one_message(notebook: Path, pairs: list[str], message: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(message)):
        read_pairs(pairs, declared(notebook))


def test_a_wrong_value_is_refused_before_a_kernel_starts(
    notebook: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(rerun, "execute", lambda *_: pytest.fail("a kernel was started"))
    with pytest.raises(ParameterError, match=r"parameter share: 1.5; allowed: a number from 0 to 1"):
        rerun.rerun(notebook, {"share": 1.5}, tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_faulty_data_are_refused_before_a_kernel_starts(
    notebook: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(rerun, "check", lambda: [Fault("events.csv", 5, "date", "“never”", "allowed: a day")])
    monkeypatch.setattr(rerun, "execute", lambda *_: pytest.fail("a kernel was started"))
    with pytest.raises(DataError, match=r"events\.csv, row 5, column date"):
        rerun.rerun(notebook, {}, tmp_path / "runs")


def test_a_run_is_kept_whole_and_a_second_one_beside_it(notebook: Path, tmp_path: Path) -> None:
    values = read_pairs(VALUES, declared(notebook))
    first = rerun.rerun(notebook, values, tmp_path / "runs")
    assert first == tmp_path / "runs" / "01-one-share-0.25-strict-true"
    assert {file.name for file in first.iterdir()} == {
        "01-one.ipynb",
        "results.json",
        "provenance.json",
        "chapter.html",
    }
    assert results_of(first)["01-one"]["product"] == {"value": 0.5, "text": "0.5"}
    provenance = json.loads((first / "provenance.json").read_text("utf-8"))
    assert provenance["parameters"] == {"share": 0.25, "times": 2, "strict": True, "word": "calm"}
    assert provenance["changed"] == {"share": 0.25, "strict": True}
    assert provenance["inputs"]["data"]["events.csv"]
    assert provenance["versions"]["papermill"]
    page = (first / "chapter.html").read_text("utf-8")
    assert "share = 0.25" in re.sub(r"<[^>]*>", "", page)
    assert "<script" not in page
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//|@import|url\(["']?(?:https?:)?//""", page)

    second = rerun.rerun(notebook, values, tmp_path / "runs")
    assert second.name == f"{first.name}-2"
    assert differences(results_of(first), results_of(second)) == []
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == [first.name, second.name]


@pytest.mark.parametrize("fault", ["cell", "interrupt"])
def test_a_run_that_does_not_end_leaves_nothing(
    fault: str, notebook: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if fault == "cell":
        notebook = write(tmp_path, "1 / 0")
        with pytest.raises(RunError, match=r"01-one\.ipynb, cell 4 .* failed with ZeroDivisionError"):
            rerun.rerun(notebook, {}, tmp_path / "runs")
        refuse = "from analysis.core.errors import ParameterError\nraise ParameterError('end lies before start')"
        with pytest.raises(ParameterError, match=r"^end lies before start$"):
            rerun.rerun(write(tmp_path, refuse), {}, tmp_path / "runs")
    else:

        def interrupt(source: Path, target: Path, *_: object) -> float:
            target.write_text("half", encoding="utf-8")
            raise KeyboardInterrupt

        monkeypatch.setattr(rerun, "execute", interrupt)
        with pytest.raises(KeyboardInterrupt):
            rerun.rerun(notebook, {}, tmp_path / "runs")
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_folder_that_cannot_hold_a_run(notebook: Path, tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file", encoding="utf-8")
    with pytest.raises(RunError, match=r"runs: the run cannot be written \(File exists\); nothing of it is left"):
        rerun.rerun(notebook, {}, tmp_path / "runs")


def test_names_of_runs() -> None:
    chapter = Path("04-alignment.ipynb")
    assert slug(chapter, {}) == "04-alignment-default"
    assert slug(chapter, {"mask": True, "strategy": "jpn-nds-2022"}) == "04-alignment-mask-true-strategy-jpn-nds-2022"
    assert slug(chapter, {"word": "../../etc"}) == "04-alignment-word-..-..-etc"
    one, other = (slug(chapter, {f"parameter_{n}": "value" for n in range(8)} | {"last": end}) for end in (1, 2))
    assert len(one) <= rerun.LONGEST_SLUG
    assert one != other


def entry(text: str) -> dict[str, str]:
    return {"value": text, "text": text}


def test_differences_are_named_result_by_result() -> None:
    before = {"01-one": {"a": entry("1"), "b": entry("2"), "gone": entry("3")}, "02-two": {"c": entry("4")}}
    after = {"01-one": {"a": entry("1"), "b": entry("20"), "new": entry("5")}}
    found = differences(before, after)
    assert found == [("01-one.b", "2", "20"), ("01-one.gone", "3", "–"), ("01-one.new", "–", "5")]
    assert compare(before, after) == [
        "3 of 3 results differ:",
        "  01-one.b     2  →  20",
        "  01-one.gone  3  →  –",
        "  01-one.new   –  →  5",
    ]
    assert compare(after, after) == ["no result differs (3 compared)"]
    below = ({"01-one": {"p": {"value": value, "text": "0.008"}}} for value in (0.00812, 0.00815))
    assert differences(*below) == [("01-one.p", "0.00812", "0.00815")]
    with pytest.raises(RunError, match="the runs share no chapter: 02-two and 01-one"):
        differences({"02-two": {}}, after)


def test_the_command(
    notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rerun, "find_notebook", lambda _: notebook)
    monkeypatch.setattr(rerun.rerun, "__defaults__", (tmp_path / "runs",))
    assert command.main(["rerun", "01", "--list"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "share: float = 0.5  share that counts [0 to 1]"
    assert not (tmp_path / "runs").exists()

    committed = rerun.rerun(notebook, {}) / notebook.name
    notebook.write_bytes(committed.read_bytes())
    assert command.main(["rerun", "01", "-p", "share=0.25"]) == 0
    out = capsys.readouterr().out
    assert "1 of 2 results differ" in out
    assert "01-one.product  1.0  →  0.5" in out

    runs = [str(tmp_path / "runs" / f"01-one-{name}") for name in ("default", "share-0.25")]
    assert command.main(["diff", *runs]) == 0
    assert "01-one.product  1.0  →  0.5" in capsys.readouterr().out
    assert command.main(["diff", runs[0], str(tmp_path)]) == 1
    assert "is no run: results.json cannot be read (FileNotFoundError)" in capsys.readouterr().err
    assert command.main(["rerun", "01", "-p", "shar=1"]) == 1
    assert capsys.readouterr().err.startswith("there is no parameter “shar” (nearest: share)")
