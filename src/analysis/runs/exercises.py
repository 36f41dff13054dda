"""The exercises of the page on teaching: each changes one parameter of a chapter, and its solution says what moves.

book/exercises.yml holds the changes, book/exercises.json the results, from which the solutions take their numbers.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from analysis.core import paths
from analysis.core.errors import ParameterError
from analysis.core.files import read_yaml, write_whole
from analysis.data.faults import nearest
from analysis.runs.kernels import compute
from analysis.runs.parameters import declared
from analysis.runs.rerun import find_notebook, read_pairs

KEYS = ("chapter", "set", "results")
# parameters that leave out what the solutions do not need and what would take most of the time
QUICK: Mapping[str, Mapping[str, Any]] = {"04-alignment": {"curve": False, "matched_draws": 1}}


@dataclass(frozen=True)
class Exercise:
    """A notebook, the changed parameter as name=value, its value, and the named results that the solution uses."""

    notebook: Path
    change: str
    values: Mapping[str, Any]
    results: tuple[str, ...]

    @property
    def command(self) -> str:
        """Return the command that does the exercise."""
        return f"balancing-act rerun {self.notebook.stem.partition('-')[0]} -p {self.change}"


def read(file: Path = paths.EXERCISES) -> dict[str, Exercise]:
    """Return the exercises by name. Raises ParameterError where the file, a chapter or a parameter is not allowed."""
    try:
        content = read_yaml(file)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ParameterError(f"{file.name} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise ParameterError(f"{file.name} holds no exercises; allowed: names, each with {', '.join(KEYS)}")
    exercises = {}
    for name, given in content.items():
        if not isinstance(given, dict) or sorted(given) != sorted(KEYS):
            raise ParameterError(f"{file.name}, {name}: each exercise has exactly {', '.join(KEYS)}")
        try:
            notebook = find_notebook(str(given["chapter"]))
            values = read_pairs([str(given["set"])], declared(notebook))
        except ParameterError as error:
            raise ParameterError(f"{file.name}, {name}: {error}") from None
        exercises[str(name)] = Exercise(notebook, str(given["set"]), values, tuple(map(str, given["results"])))
    return exercises


def answer(exercise: Exercise) -> dict[str, str]:
    """Compute the texts of the results that a solution uses, by name. Raises ParameterError for an unknown result."""
    entries = compute(exercise.notebook, {**QUICK.get(exercise.notebook.stem, {}), **exercise.values})
    for name in exercise.results:
        if name not in entries:
            raise ParameterError(f"{exercise.notebook.stem} records no result “{name}”{nearest(name, list(entries))}")
    return {name: str(entries[name]["text"]) for name in exercise.results}


def read_answers(file: Path = paths.ANSWERS) -> dict[str, dict[str, str]]:
    """Return the results of all exercises as they are kept, by exercise and name."""
    answers: dict[str, dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
    return answers


def refresh(file: Path = paths.EXERCISES, kept: Path = paths.ANSWERS) -> bool:
    """Compute the exercises and keep their results; return whether they changed."""
    answers = {name: answer(exercise) for name, exercise in read(file).items()}
    text = json.dumps(answers, ensure_ascii=False, indent=2) + "\n"
    if kept.exists() and kept.read_text(encoding="utf-8") == text:
        return False
    write_whole(kept, text.encode())
    return True
