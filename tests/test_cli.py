"""The command prints one clear message and the right exit status."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import analysis
from analysis.cli import claims
from analysis.cli import command as cli
from analysis.core import paths
from analysis.core.errors import BuildError
from analysis.data import record
from analysis.data.faults import Fault
from analysis.runs import notebooks
from analysis.texts import corpus, fetch
from analysis.validation import check as rules


def test_a_sound_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check"]) == 0
    assert capsys.readouterr().out == f"data/ is sound: {len(list(paths.DATA.glob('*.csv')))} tables\n"


def test_a_change_that_is_not_recorded_yet_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "changed_files", lambda: iter(["events.csv", "sources.bib"]))
    assert cli.main(["check"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[1:] == ["changed since `make notebooks` recorded the files: events.csv, sources.bib"]


def test_faults_are_printed_one_a_line_with_exit_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = [
        Fault("events.csv", 5, "date", "“never”", "allowed: a day"),
        Fault("topics.csv", None, None, "missing", "expected"),
    ]
    monkeypatch.setattr(rules, "check", lambda: faults)
    assert cli.main(["check"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "events.csv, row 5, column date: “never”; allowed: a day",
        "topics.csv: missing; expected",
        "2 faults in data/",
    ]


@pytest.mark.parametrize("command", ["run", "book"])
def test_run_and_book_refuse_faulty_data(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "check", lambda: [Fault("events.csv", 5, "date", "“never”", "allowed: a day")])
    monkeypatch.setattr(notebooks, "execute", lambda *_: pytest.fail("a kernel was started"))
    assert cli.main([command]) == 1
    assert "events.csv, row 5, column date" in capsys.readouterr().err


def test_an_error_of_the_project_has_no_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise BuildError("the HTML book could not be built")

    monkeypatch.setattr(notebooks, "run_notebooks", fail)
    assert cli.main(["run"]) == 1
    assert capsys.readouterr().err == "the HTML book could not be built\n"


def test_run_explain_executes_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebooks, "run_notebooks", lambda: pytest.fail("it ran"))
    monkeypatch.setattr(
        notebooks, "explain", lambda: {"01-one": [], "02-two": ["its cells changed", "uv.lock changed"]}
    )
    assert cli.main(["run", "--explain"]) == 0
    expected = ["01-one: unchanged", "02-two: to be executed: its cells changed; uv.lock changed"]
    assert capsys.readouterr().out.splitlines() == expected


def test_a_wrong_word_is_answered_with_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["chek"])
    assert "check" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["run", "--explain", "--update-notebooks"], ["coding-sheet"], ["diff", "one"]])
def test_options_that_do_not_go_together_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(arguments)


def test_an_interruption_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rules, "check", interrupt)
    assert cli.main(["check"]) == 130
    assert capsys.readouterr().err.strip() == "interrupted; the last good output is untouched"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--step", "S4", "--verdict", "misquoted"],
            "step S4 has no claim with the verdict misquoted; there: confirmed",
        ),
        (["C35", "--verdict", "misquoted"], "claim C35 has not the verdict misquoted; there: confirmed"),
        (["C35", "--step", "S1", "--json"], "claim C35 has not the step S1; there: S4 (1)"),
    ],
)
def test_a_choice_without_claims_says_what_there_is(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["claims", *arguments]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(message)


def test_claims_are_chosen_by_step_and_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["claims", "--step", "S1", "--verdict", "misquoted", "--json"]) == 0
    chosen = json.loads(capsys.readouterr().out)
    assert chosen
    assert {(claim["step_id"], claim["verdict"]) for claim in chosen} == {("S1", "misquoted")}


def test_files_of_events_may_follow_each_other() -> None:
    given = claims.signals.make_context("signals", ["--events", "a.csv", "b.csv", "--json"]).params
    assert [*given["events"], *given["more_events"]] == [Path("a.csv"), Path("b.csv")]


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "analysis", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"balancing-act {analysis.__version__}\n"


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = ("pandas", "altair", "sphinx", "papermill", "scipy", "pyarrow", "httpx")
    code = f"import sys, analysis.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent
    )
    assert done.stdout == "[]\n"


def test_align_prints_json_for_a_pair(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["align", "us-jpn-2025-02-07", "jpn-nds-2022", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert {"score", "residual", "standing", "residual_standing", "draws", "settings"} <= set(result)
    for row in result["standing"]:
        assert set(row) == {"among", "placebos_are", "rank", "placebos", "p", "z"}
        assert row["p"] == pytest.approx(row["rank"] / (row["placebos"] + 1), abs=1e-6)


def test_align_prints_the_same_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["align", "us-kor-2023-04-26", "kor-dwp-2022"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("us-kor-2023-04-26 with kor-dwp-2022\n")
    assert " of 78" in out
    assert "nearest strategies: " in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["us-jpn-2025-02-08", "jpn-nds-2022"],
            "'us-jpn-2025-02-08' is not the id of a statement; nearest: us-jpn-2025-02",
        ),
        (["us-jpn-2025-02-07", "jpn-nds-2023"], "'jpn-nds-2023' is not the id of a strategy; nearest: jpn-nds-2022"),
        (["jpn-nds-2022", "jpn-nds-2022"], "(it is no statement)"),
        (["us-jpn-2025-02-07", "xyz"], "all 46 stand in data/documents.csv"),
    ],
)
def test_an_unknown_id_is_answered_with_the_nearest(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["align", *arguments]) == 1
    assert message in capsys.readouterr().err


def test_corpus_verify_holds_and_fails(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert cli.main(["corpus", "verify", "--texts", str(tmp_path)]) == 1
    assert "is not the corpus of data/documents.csv" in capsys.readouterr().err
    monkeypatch.setattr(corpus, "verify", lambda *_: ["counts.parquet, row 4: differs"])
    assert cli.main(["corpus", "verify", "--texts", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "counts.parquet, row 4: differs\n"
    monkeypatch.setattr(corpus, "verify", lambda *_: [])
    assert cli.main(["corpus", "verify", "--texts", str(tmp_path)]) == 0
    assert "is what the 160 texts give, byte for byte" in capsys.readouterr().out


def test_corpus_build_and_fetch_pass_on_what_they_are_given(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(corpus, "build", lambda folder, _: {"passages": 1234} if folder == tmp_path else {})
    assert cli.main(["corpus", "build", "--texts", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "data/features: 1,234 passages\n"
    drifted = fetch.Fetched("us-jpn-2025-02-07", "drifted", "1 of 2 passages found again", 1, ("section 0",))
    seen = []

    def fetched(_: object, only: list[str], folder: Path, *, refresh: bool) -> list[fetch.Fetched]:
        seen.append((only, folder, refresh))
        return [drifted]

    monkeypatch.setattr(fetch, "fetch", fetched)
    command = ["corpus", "fetch", "--document", "us-jpn-2025-02-07", "--into", str(tmp_path), "--refresh"]
    assert cli.main(command) == 1
    assert seen == [(["us-jpn-2025-02-07"], tmp_path, True)]
    assert "us-jpn-2025-02-07: drifted; 1 of 2 passages found again" in capsys.readouterr().out
