"""Binder: files that repo2docker needs, settings of JupyterLab, and the two checks that `make binder` runs."""

from __future__ import annotations

import json
import os
import re
import sysconfig
from pathlib import Path
from typing import Any

import binder_check
import lab_check
import pytest
from test_environment import declared, environment_yml, read_toml, requirements

from analysis.core import paths
from analysis.runs import start

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = Path("etc/jupyter/jupyter_lab_config.py"), Path("etc/jupyter/labconfig/default_setting_overrides.json")
DOCKERFILE = """COPY --chown=1000:1000 src/ ${REPO_DIR}/
RUN mamba env update -p ${NB_PYTHON_PREFIX} --file "environment.yml"
RUN ./postBuild
"""
FOUND = {"pack": "CondaBuildPack", "python": "3.12", "early": [], "dockerfile": DOCKERFILE}
CELL = {"type": "code", "count": 1, "outputs": 1, "charts": 1, "drawn": 1, "errors": [], "source": "x"}
COMMITTED = {"cells": [{"outputs": [{}]}]}


def files_named(environment: dict[str, Any], script: str) -> list[str]:
    """Files of the repository that environment.yml and postBuild name."""
    pip = [line for entry in environment["dependencies"] if isinstance(entry, dict) for line in entry["pip"]]
    named = [line.removeprefix("-r ") for line in pip if line.startswith("-r ")]
    return [*named, *("pyproject.toml" for _ in re.findall(r"install .*-e \.$", script, re.MULTILINE))]


def test_what_environment_yml_and_post_build_name_is_there() -> None:
    script = ROOT / "postBuild"
    named = files_named(environment_yml(), script.read_text(encoding="utf-8"))
    assert named == ["requirements/base.txt", "pyproject.toml"]
    assert [name for name in named if not (ROOT / name).exists()] == []
    assert os.access(script, os.X_OK)
    assert script.read_text(encoding="utf-8").startswith("#!")


def test_no_file_takes_precedence_over_environment_yml() -> None:
    """repo2docker would look only into a folder binder/, take a Dockerfile first, and run start or apt.txt as well."""
    names = ("Dockerfile", "binder", ".binder", "Project.toml", "default.nix", "start", "apt.txt", "runtime.txt")
    assert [name for name in names if (ROOT / name).exists()] == []


def test_the_base_environment_lacks_what_the_extras_bring() -> None:
    """What the status line says to need an extra must not stand in the base, nor the reverse."""
    base = {pin.name for pin in requirements("base")}
    extras = declared(read_toml("pyproject.toml"))
    for what in start.NEEDS.values():
        for extra in re.findall(r"extra `(\w+)`", what):
            assert {wanted.name.lower() for wanted in extras[extra]} - base, extra


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda path: path.name)
def test_the_settings_of_jupyterlab_are_installed_with_the_package(setting: Path) -> None:
    installed = Path(sysconfig.get_path("data")) / setting
    assert installed.read_bytes() == (ROOT / "jupyter" / setting).read_bytes(), "run: make setup"


def test_jupyterlab_opens_the_start_notebook_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from traitlets.config import PyFileConfigLoader

    def default_url() -> object:
        loaded = PyFileConfigLoader(str(ROOT / "jupyter" / SETTINGS[0])).load_config()  # type: ignore[no-untyped-call]
        return loaded.LabApp.get("default_url")

    monkeypatch.chdir(paths.ROOT)
    assert default_url() == f"/lab/tree/{paths.START.relative_to(paths.ROOT).as_posix()}"
    monkeypatch.chdir(tmp_path)
    assert default_url() is None


def test_every_binder_link_has_the_same_form() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "book").glob("*.md"))]
    found = [
        link for page in pages for link in re.findall(r"https://mybinder\.org/v2/[^`)\s]+", page.read_text("utf-8"))
    ]
    assert len(found) >= 2
    place = paths.START.relative_to(paths.ROOT).as_posix()
    assert set(found) == {f"https://mybinder.org/v2/gh/OWNER/REPOSITORY/COMMIT?urlpath=lab/tree/{place}"}


def test_what_repo2docker_should_detect_has_no_fault() -> None:
    assert binder_check.detection_faults(FOUND, "3.12") == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"pack": "PythonBuildPack"}, "not the conda build pack"),
        ({"python": "3.10"}, "Python 3.10, not 3.12"),
        ({"early": ["environment.yml"]}, "before it copies the repository: environment.yml"),
        ({"dockerfile": DOCKERFILE.replace("RUN ./postBuild", "")}, "in order"),
        ({"dockerfile": "\n".join(reversed(DOCKERFILE.splitlines()))}, "in order"),
    ],
)
def test_another_detection_is_a_fault(change: dict[str, Any], told: str) -> None:
    [fault] = binder_check.detection_faults({**FOUND, **change}, "3.12")
    assert told in fault


def test_a_notebook_that_ran_has_no_fault() -> None:
    assert lab_check.faults({"path": "a.ipynb", "cells": [CELL]}, COMMITTED) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"errors": ["KeyError: 'x'"]}, "KeyError: 'x'"),
        ({"count": None}, "did not run"),
        ({"outputs": 0}, "0 outputs, 1 committed"),
        ({"drawn": 0}, "0 of 1 charts drawn"),
    ],
)
def test_a_cell_that_failed_is_a_fault(change: dict[str, Any], told: str) -> None:
    [fault] = lab_check.faults({"path": "a.ipynb", "cells": [{**CELL, **change}]}, COMMITTED)
    assert fault == f"a.ipynb, cell 1 ('x'): {told}"


def test_a_missing_cell_is_a_fault() -> None:
    assert lab_check.faults({"path": "a.ipynb", "cells": []}, COMMITTED) == ["a.ipynb, 0 cells, 1 committed"]


def test_the_makefile_runs_both_checks() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for module in (binder_check, lab_check):
        assert f"tests/{Path(str(module.__file__)).name}" in makefile


def test_the_settings_ask_for_no_news() -> None:
    told = json.loads((ROOT / "jupyter" / SETTINGS[1]).read_text(encoding="utf-8"))
    assert set(told["@jupyterlab/apputils-extension:notification"].values()) == {"false", False}
