"""The command prints one clear message and the right exit status."""

import subprocess
import sys
from pathlib import Path

import pytest

import analysis
from analysis import cli, rules, run
from analysis.errors import BuildError
from analysis.tables import Fault


def test_a_sound_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check"]) == 0
    assert capsys.readouterr().out == "data/ is sound: 22 tables\n"


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
    monkeypatch.setattr(run, "execute", lambda *_: pytest.fail("a kernel was started"))
    assert cli.main([command]) == 1
    assert "events.csv, row 5, column date" in capsys.readouterr().err


def test_an_error_of_the_project_has_no_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise BuildError("the HTML book could not be built")

    monkeypatch.setattr(run, "run_notebooks", fail)
    assert cli.main(["run"]) == 1
    assert capsys.readouterr().err == "the HTML book could not be built\n"


def test_a_wrong_word_is_answered_with_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["chek"])
    assert "check" in capsys.readouterr().err


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "analysis", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"balancing-act {analysis.__version__}\n"


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = ("pandas", "altair", "sphinx", "papermill")
    code = f"import sys, analysis.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent
    )
    assert done.stdout == "[]\n"
