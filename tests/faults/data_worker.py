"""A worker that puts one fault into its copy of data/ at a time and says what notices it."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from analysis.core import paths
from analysis.data.record import changed_files
from analysis.runs.notebooks import notebook_files
from analysis.runs.results import recorded_files
from analysis.validation.check import check
from faults import chapters, places
from faults.data_faults import DataFault, all_faults

LIMIT = 300  # seconds


@functools.cache
def as_it_is(notebook: Path) -> chapters.Shown:
    """What a chapter shows on the data as they are; in the order in which they are asked for, the caches are warm."""
    return dict(chapters.cells_shown(notebook))


def readers(fault: DataFault) -> list[Path]:
    """The chapters that read the file of a fault, those that read few files first: they are quick."""
    name = fault.file.rpartition("/")[2]
    found = {notebook: recorded_files(notebook) for notebook in notebook_files()}
    return sorted((n for n, files in found.items() if name in files), key=lambda notebook: len(found[notebook]))


def chapter_changes(fault: DataFault, notebook: Path) -> str:
    """Where a chapter shows something else, now that a fault is in the data."""
    if fault.file.startswith("features/"):
        chapters.remember_nothing()
    return chapters.first_difference(notebook, as_it_is(notebook))


@contextmanager
def made(fault: DataFault) -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """Work in a child while a fault is in the data."""
    file = paths.DATA / fault.file
    sound = file.read_bytes()
    try:
        file.write_bytes(fault.content)
        yield lambda work: places.in_child(work, LIMIT)
    finally:
        file.write_bytes(sound)


def answer(number: int) -> dict[str, Any]:
    """What notices a fault: the first fault that `check` names, a chapter that changes, the record of the files."""
    fault = all_faults(paths.DATA)[number]
    with made(fault) as ask:
        if found := ask(lambda: [str(found) for found in check()[:1]]):
            return {"check": found[0]}
    for notebook in readers(fault):
        as_it_is(notebook)
        with made(fault) as ask:
            where = ask(lambda notebook=notebook: chapter_changes(fault, notebook))
        if where:
            return {"chapters": f"{notebook.stem} does not end" if where == places.TIMED_OUT else where}
    with made(fault) as ask:
        return {"record": ask(lambda: list(changed_files()) == [fault.file])}


if __name__ == "__main__":
    chapters.without_pictures()
    chapters.remember_slow_work()
    places.answer_tasks(answer)
