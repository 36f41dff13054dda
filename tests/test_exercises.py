"""The exercises of the page on teaching, computed again."""

import re
from pathlib import Path

import pytest

from analysis.core import paths
from analysis.core.errors import ParameterError
from analysis.runs import exercises
from analysis.runs.notebooks import notebook_files
from analysis.runs.results import read_results

EXERCISES = exercises.read()
PAGE = (paths.BOOK / "teaching.md").read_text("utf-8")


@pytest.mark.parametrize("name", list(EXERCISES))
def test_the_kept_answers_are_those_of_a_run(name: str) -> None:
    assert exercises.answer(EXERCISES[name]) == exercises.read_answers()[name]


def test_each_exercise_changes_something_that_its_solution_tells() -> None:
    committed = read_results(notebook_files(paths.NOTEBOOKS))
    for name, exercise in EXERCISES.items():
        before = committed[exercise.notebook.stem]
        told = exercises.read_answers()[name]
        assert any(before[result]["text"] != text for result, text in told.items()), name


def test_the_page_has_five_exercises_each_with_a_command_and_a_solution() -> None:
    assert len(EXERCISES) == 5
    assert re.findall(r"```\{exercise-command\} (\w+)", PAGE) == list(EXERCISES)
    assert PAGE.count(":::{solution}") == 5
    used = set(re.findall(r"\{exercise\}`([\w.]+)`", PAGE))
    assert used <= {f"{name}.{result}" for name, exercise in EXERCISES.items() for result in exercise.results}


def test_no_figure_is_typed_into_a_solution() -> None:
    """But for years and names that hold a digit (E039)."""
    for solution in re.findall(r":::\{solution\}\n(.*?)\n:::", PAGE, re.S):
        prose = re.sub(r"\{(exercise|result)\}`[^`]+`", "", solution)
        assert re.findall(r"(?<![\w])(?!20\d\d\b)\d+(\.\d+)?%?", prose) == []


def test_the_command_of_an_exercise() -> None:
    assert EXERCISES["stricter"].command == "balancing-act rerun 04 -p threshold=3"
    assert EXERCISES["stricter"].values == {"threshold": 3}


FAULTS = {
    'a: {chapter: "04", set: threshold=3}': "exercises.yml, a: each exercise has exactly chapter, set, results",
    'a: {chapter: "44", set: threshold=3, results: [x]}': "exercises.yml, a: there is no chapter “44”",
    'a: {chapter: "04", set: treshold=3, results: [x]}': "treshold",
    'a: {chapter: "04", set: threshold=three, results: [x]}': "exercises.yml, a: parameter threshold: 'three'",
    "a: [": "exercises.yml cannot be read",
}


@pytest.mark.parametrize("text", list(FAULTS))
def test_a_faulty_file_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "exercises.yml"
    file.write_text(text)
    with pytest.raises(ParameterError) as caught:
        exercises.read(file)
    assert FAULTS[text] in str(caught.value)


def test_answers_are_kept_only_where_they_changed(tmp_path: Path) -> None:
    file, kept = tmp_path / "exercises.yml", tmp_path / "exercises.json"
    file.write_text('a: {chapter: "06", set: occasion=K052, results: [earlier]}')
    assert exercises.refresh(file, kept)
    assert exercises.read_answers(kept) == {"a": {"earlier": "three"}}
    assert not exercises.refresh(file, kept)
    file.write_text('a: {chapter: "06", set: occasion=K052, results: [earliest]}')
    with pytest.raises(ParameterError, match=r"records no result “earliest” \(nearest: earlier\)"):
        exercises.refresh(file, kept)
    assert exercises.read_answers(kept) == {"a": {"earlier": "three"}}
