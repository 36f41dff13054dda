"""A rerun: parameters checked before any kernel starts, a folder of its own, and a comparison result by result."""

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from analysis.chapter import Chapter
from analysis.cli import command, runs
from analysis.core import paths
from analysis.core.errors import DataError, ParameterError, RunError
from analysis.data.faults import Fault
from analysis.runs import kernels, rerun
from analysis.runs.notebooks import notebook_files
from analysis.runs.parameters import declared
from analysis.runs.rerun import compare, differences, find_notebook, read_pairs, results_of, slug
from analysis.runs.results import MIME_TYPE, read_results

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
    assert {find_notebook(name) for name in ("4", "04", "04-alignment", "04-alignment.ipynb")} == {expected}
    assert find_notebook("10").stem == "10-rivals"
    for name in ("04-alignmnt", "notebooks/04-alignmnt.ipynb"):
        with pytest.raises(ParameterError, match=rf"no chapter “{name}” \(nearest: 04-alignment\); chapters: 01-"):
            find_notebook(name)
    for name in ("", "0", "004", "44", "４"):
        with pytest.raises(ParameterError, match=f"there is no chapter “{name}”; chapters: 01-"):
            find_notebook(name)


def test_a_chapter_is_found_by_a_path_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chapter, case = paths.NOTEBOOKS / "05-continuity.ipynb", paths.NOTEBOOKS / "cases" / "compare-a-pair.ipynb"
    monkeypatch.chdir(paths.ROOT)
    assert find_notebook("notebooks/05-continuity.ipynb") == find_notebook(
        "./notebooks/../notebooks/05-continuity.ipynb"
    )
    assert find_notebook("notebooks/cases/compare-a-pair.ipynb") == case
    monkeypatch.chdir(paths.NOTEBOOKS / "cases")
    assert find_notebook("../05-continuity.ipynb") == chapter
    monkeypatch.chdir(tmp_path)
    assert find_notebook(str(chapter)) == find_notebook("05-continuity.ipynb") == chapter
    with pytest.raises(ParameterError, match=r"no chapter “notebooks/05-continuity.ipynb” \(nearest: 05-continuity\)"):
        find_notebook("notebooks/05-continuity.ipynb")
    (tmp_path / chapter.name).write_bytes(chapter.read_bytes())  # perhaps changed, so not the committed one
    with pytest.raises(
        ParameterError, match=r"“05-continuity\.ipynb” is no chapter but a file of its own, which papermill"
    ):
        find_notebook("05-continuity.ipynb")


@pytest.mark.parametrize(
    ("given", "pairs"),
    [
        ("04 -p a=1", ["a=1"]),
        ("-p a=1 04", ["a=1"]),
        ("04 -p a=1 -p b=2", ["a=1", "b=2"]),
        ("04 -p a=1 b=2", ["a=1", "b=2"]),
        ("-p a=1 b=2 04", ["a=1", "b=2"]),
        ("04 -p a 1", ["a=1"]),
        ("-p a 1 04", ["a=1"]),
        ("04 -p a 1 -p b 2", ["a=1", "b=2"]),
        ("04 -p a 1 b=2 -p c 3 --list", ["a=1", "b=2", "c=3"]),
        ("04 -p a -1", ["a=-1"]),
        ("04 -p a", ["a"]),
        ("04 -p a --list", ["a"]),
        ("04 -p a -p b=2", ["a", "b=2"]),
        ("04 -pa=1", ["a=1"]),
        ("-p a=1 -- 04", ["a=1"]),
    ],
)
def test_parameters_are_given_as_papermill_takes_them_or_as_pairs(given: str, pairs: list[str]) -> None:
    read = runs.rerun.make_context("rerun", given.split()).params
    assert (read["chapter"], list(read["pairs"]), read["only_list"]) == ("04", pairs, "--list" in given)


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
        (["share"], "parameter share has no value; write share=VALUE"),
        (["shar"], "no parameter “shar” (nearest: share); known: share, times, strict, word"),
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
    assert differences(before, after) == [("01-one.b", "2", "20")]
    assert compare(before, after) == [
        "1 of 2 results differ:",
        "  01-one.b  2  →  20",
        "not computed in the second run: 01-one.gone",
        "not computed in the first run: 01-one.new",
    ]
    assert compare(after, after) == ["no result differs (3 compared)"]
    off = {"01-one": {"a": entry("1")}}
    assert compare(before, off, ("this", "that")) == [
        "no result differs (1 compared)",
        "not computed in that: 01-one.b, 01-one.gone",
    ]
    marked = {"01-one": {"a": entry("1"), "b": entry("20") | {"off": "curve"}}}
    assert compare(off | {"02-two": {}}, marked) == ["no result differs (1 compared)"]
    assert compare(marked, before)[1:] == ["not computed in the first run: 01-one.b, 01-one.gone"]
    assert compare(marked, marked) == ["no result differs (1 compared)"]
    below = ({"01-one": {"p": {"value": value, "text": "0.008"}}} for value in (0.00812, 0.00815))
    assert differences(*below) == [("01-one.p", "0.00812", "0.00815")]
    with pytest.raises(RunError, match="the runs share no chapter: 02-two and 01-one"):
        differences({"02-two": {}}, after)


def test_a_run_is_a_folder_or_an_executed_notebook(
    notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "runs"
    one = rerun.rerun(notebook, {}, folder)
    other = rerun.rerun(notebook, {"share": 0.25}, folder)
    assert results_of(one / notebook.name) == results_of(one)
    monkeypatch.chdir(folder)
    assert command.main(["diff", f"{one.name}/{notebook.name}", other.name]) == 0
    assert "01-one.product  1.0  →  0.5" in capsys.readouterr().out

    monkeypatch.setattr(paths, "RUNS", folder)
    with pytest.raises(
        RunError,
        match=re.escape(f"runs/01-one-defalt is no run: it cannot be read (FileNotFoundError) (nearest: {one})"),
    ):
        results_of(folder / "01-one-defalt")
    with pytest.raises(RunError, match=r"01-one\.ipynb is no run: it shows no named results; execute it to its end"):
        results_of(notebook)
    (tmp_path / "o.ipynb").write_text("no notebook", encoding="utf-8")
    with pytest.raises(
        RunError, match=r"o.ipynb is no run: it cannot be read \(JSONDecodeError\); allowed: the folder"
    ):
        results_of(tmp_path / "o.ipynb")


def test_paths_are_those_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = paths.RUNS / "01-timeline-default"
    for folder, expected in (
        (paths.ROOT, "runs/01-timeline-default"),
        (paths.NOTEBOOKS, "../runs/01-timeline-default"),
        (paths.NOTEBOOKS / "cases", "../../runs/01-timeline-default"),
        (tmp_path, str(run)),
    ):
        monkeypatch.chdir(folder)
        assert paths.from_here(run) == expected
        assert paths.from_here(f"{run}: no place, {run}") == f"{expected}: no place, {expected}"


def test_a_message_names_paths_from_the_current_folder(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: object) -> None:
        raise RunError(f"{paths.BUILD}: busy")

    monkeypatch.setattr("analysis.runs.notebooks.run_notebooks", fail)
    for folder, expected in ((paths.ROOT, "build: busy\n"), (paths.NOTEBOOKS, "../build: busy\n")):
        monkeypatch.chdir(folder)
        assert command.main(["run"]) == 1
        assert capsys.readouterr().err == expected


def test_what_is_switched_off_is_marked_and_a_default_run_has_no_mark() -> None:
    chapter = Chapter("04-alignment", {one.name: one.default for one in declared(find_notebook("04"))})
    chapter.record("curve", first=1)
    chapter.set.curve = False
    chapter.record("curve", second=1)
    chapter.record(third=1)
    [entries] = chapter._repr_mimebundle_()[MIME_TYPE].values()
    assert [entry.get("off") for entry in entries.values()] == [None, "curve", None]

    [committed] = read_results([find_notebook("04")]).values()
    run = kernels.compute(find_notebook("04"), {"curve": False, "matched_draws": 1})
    of_curve = {name for name in committed if name.startswith(("curve", "specifications", "matched"))}
    assert {name for name, one in run.items() if one.get("off") == "curve"} == of_curve
    changed = {name for name, *_ in differences({"4": committed}, {"4": run})}
    assert changed <= {"4.draws_first"}  # moved by the other parameter


# --- plain papermill


def opening(chapter: str, *more: str) -> nbformat.NotebookNode:
    """Return a notebook of the first cells of a chapter, up to that with its constructor, and of further cells."""
    notebook = nbformat.read(find_notebook(chapter), 4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    last = next(place for place, cell in enumerate(code) if "Chapter(" in cell.source)
    notebook.cells = [*code[: last + 1], *map(nbformat.v4.new_code_cell, more)]
    return notebook


def told_by_papermill(notebook: nbformat.NotebookNode, folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run papermill; return its status, what it prints, and what the outputs of the notebook hold as text."""
    nbformat.write(notebook, folder / "in.ipynb")
    python = [sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb", "--no-progress-bar", *arguments]
    done = subprocess.run(python, cwd=folder, capture_output=True, text=True, check=False)
    outputs = [output for cell in nbformat.read(folder / "out.ipynb", 4).cells for output in cell.get("outputs", ())]
    shown = [output["data"]["text/plain"] for output in outputs if "data" in output]
    traces = ["\n".join(output["traceback"]) for output in outputs if output.output_type == "error"]
    return done.returncode, done.stderr, "\n".join(shown + traces)


@pytest.mark.parametrize("file", notebook_files(), ids=lambda path: path.stem)
def test_every_notebook_is_opened_right_behind_its_parameters(file: Path) -> None:
    name = file.relative_to(paths.NOTEBOOKS).with_suffix("").as_posix()
    code = [cell.source for cell in nbformat.read(file, 4).cells if cell.cell_type == "code"]
    [place] = [place for place, source in enumerate(code) if f'Chapter("{name}", globals())' in source]
    assert place <= 2


@pytest.mark.parametrize(("chapter", "known"), [("03", "level"), ("compare-a-pair", "statement")])
def test_papermill_refuses_an_unknown_parameter(chapter: str, known: str, tmp_path: Path) -> None:
    misspelt = known[:-1]
    status, printed, shown = told_by_papermill(opening(chapter), tmp_path, "-p", misspelt, "1")
    message = f"ParameterError: there is no parameter “{misspelt}” (nearest: {known}); known: {known}"
    assert status == 1
    assert message in printed
    assert shown.startswith(message)  # and no traceback


@pytest.mark.parametrize("arguments", [["-y", "coders: [a, b]"], ["-p", "coders", "a,b"]])
def test_papermill_says_what_was_changed_and_takes_lists(arguments: list[str], tmp_path: Path) -> None:
    notebook = opening("05", "chapter.set.coders")
    assert told_by_papermill(notebook, tmp_path, *arguments, "-p", "draws", "200", "-p", "seed", "1")[::2] == (
        0,
        "**Changed in this run:** `coders` from a,b,c to a,b; `draws` from 2000 to 200.\n['a', 'b']",
    )


def test_a_default_run_says_nothing(tmp_path: Path) -> None:
    assert told_by_papermill(opening("03", "chapter.set.level"), tmp_path, "--inject-paths")[::2] == (0, "2")


def test_the_cells_of_a_notebook_are_not_those_of_a_chapter_computed_in_it(tmp_path: Path) -> None:
    inside = 'from analysis.runs import kernels, rerun\nlen(kernels.compute(rerun.find_notebook("03"), {})) > 3'
    notebook = opening("03", inside)
    notebook.cells = [cell for cell in notebook.cells if "Chapter(" not in cell.source]
    status, printed, shown = told_by_papermill(notebook, tmp_path, "-p", "alpha", "1")
    assert (status, shown.splitlines()[-1]) == (0, "True"), printed


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
