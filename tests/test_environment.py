"""One environment for laptop, CI and Binder: pyproject, lock, requirements, environment.yml and workflows in step.

Each comparison is a function of parsed inputs that lists what differs, run on the repository and on altered copies.
"""

from __future__ import annotations

import copy
import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = ("book", "fetch", "scale", "test")
HEAVY = ("semantic",)  # in the lock, but installed by nobody who does not ask for it
GROUPS = ("build",)
TOOLS = ("tools",)  # in an environment of its own


class Pin(NamedTuple):
    """One entry of a requirements file."""

    name: str
    version: str
    marker: str
    hashes: frozenset[str]


def read_toml(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text(encoding="utf-8"))


def read_pins(text: str) -> list[Pin]:
    """The pins of a requirements file; every line must be a comment or a part of a pin."""
    pins = []
    code = "\n".join(line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    for line in code.replace("\\\n", " ").splitlines():
        requirement, *hashes = line.split("--hash=")
        parsed = Requirement(requirement)
        version = re.fullmatch(r"==([^*,]+)", str(parsed.specifier))
        assert version, f"no exact version: {requirement}"
        marker = str(parsed.marker or "")
        pins.append(Pin(canonicalize_name(parsed.name), version[1], marker, frozenset(h.strip() for h in hashes)))
    return pins


def declared(pyproject: dict[str, Any]) -> dict[str, list[Requirement]]:
    """The dependencies of pyproject.toml by the extra or group they stand in ("" for the base)."""
    project = pyproject["project"]
    lists = {"": project["dependencies"], **project["optional-dependencies"], **pyproject["dependency-groups"]}
    return {where: [Requirement(line) for line in lines] for where, lines in lists.items()}


def supported(pyproject: dict[str, Any]) -> list[str]:
    """The minor versions of Python that `requires-python` allows."""
    allowed = SpecifierSet(pyproject["project"]["requires-python"])
    return [f"3.{minor}" for minor in range(8, 30) if f"3.{minor}" in allowed]


def dependencies_out_of_step(pyproject: dict[str, Any], lock: dict[str, Any]) -> set[str]:
    """What pyproject.toml and the lock's record of this project do not have in common."""

    def line(where: str, name: str, extras: Any, specifier: str) -> str:
        bounds = ",".join(sorted(str(part) for part in SpecifierSet(specifier)))
        return f"{where}: {canonicalize_name(name)}[{','.join(sorted(extras))}] {bounds}"

    name = canonicalize_name(pyproject["project"]["name"])
    [project] = [package for package in lock["package"] if package["name"] == name]
    ours = {line(where, r.name, r.extras, str(r.specifier)) for where, rs in declared(pyproject).items() for r in rs}
    theirs = set()
    for entry in project["metadata"]["requires-dist"]:
        extra = re.fullmatch(r"extra == '(.+)'", entry.get("marker", ""))
        where = extra[1] if extra else ""
        theirs.add(line(where, entry["name"], entry.get("extras", ()), entry.get("specifier", "")))
    for where, entries in project["metadata"]["requires-dev"].items():
        theirs |= {line(where, e["name"], e.get("extras", ()), e.get("specifier", "")) for e in entries}
    differing = ours ^ theirs
    if SpecifierSet(pyproject["project"]["requires-python"]) != SpecifierSet(lock["requires-python"]):
        differing.add(f"requires-python {lock['requires-python']}")
    return differing


def lock_faults(lock: dict[str, Any]) -> list[str]:
    """Packages of the lock that do not come from PyPI as a wheel with a hash."""
    faults = []
    for package in lock["package"]:
        if "editable" in package["source"]:
            continue
        if package["source"] != {"registry": "https://pypi.org/simple"}:
            faults.append(f"{package['name']}: not from PyPI but {package['source']}")
        if not package.get("wheels"):
            faults.append(f"{package['name']}: no wheel")
        faults += [f"{package['name']}: no hash" for file in package.get("wheels", ()) if not file.get("hash")]
    return faults


def pins_out_of_step(pins: list[Pin], lock: dict[str, Any]) -> list[str]:
    """Pins whose version or hashes are not those of the lock."""
    locked = {}
    for package in lock["package"]:
        files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else ())]
        locked[package["name"], package.get("version", "")] = frozenset(file["hash"] for file in files)
    faults = []
    for pin in pins:
        if (pin.name, pin.version) not in locked:
            faults.append(f"{pin.name} {pin.version}: not in uv.lock")
        elif not pin.hashes or pin.hashes != locked[pin.name, pin.version]:
            faults.append(f"{pin.name} {pin.version}: hashes are not those of uv.lock")
    return faults


def missing_pins(pins: list[Pin], wanted: list[Requirement], python: str) -> list[str]:
    """Requirements that no pin meets on a Python version."""
    environment = {"python_version": python, "python_full_version": f"{python}.9", "sys_platform": "linux"}
    active = {pin.name: pin.version for pin in pins if not pin.marker or Marker(pin.marker).evaluate(dict(environment))}
    return [str(r) for r in wanted if not r.specifier.contains(active.get(canonicalize_name(r.name), "0"), True)]


def environment_faults(environment: dict[str, Any], pyproject: dict[str, Any]) -> list[str]:
    """What keeps environment.yml from being: a supported Python, a pinned pip, and the locked packages by pip."""
    conda = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    pip = [line for entry in environment["dependencies"] if isinstance(entry, dict) for line in entry["pip"]]
    faults = []
    python = [entry.removeprefix("python=") for entry in conda if entry.startswith("python=")]
    if len(python) != 1 or python[0].removesuffix(".*") not in supported(pyproject):
        faults.append(f"python: {python}")
    if not any(re.fullmatch(r"pip=\d+(\.\d+)*", entry) for entry in conda):
        faults.append("pip has no version")
    if len(conda) != 2:
        faults.append(f"conda installs more than python and pip: {conda}")
    if sorted(pip) != ["--require-hashes", "-r requirements/base.txt"]:
        faults.append(f"pip: {pip}")
    if environment["channels"] != ["conda-forge"]:
        faults.append(f"channels: {environment['channels']}")
    return faults


def workflow_pythons(workflows: dict[str, Any]) -> dict[str, list[str]]:
    """For each workflow file, the versions of Python that its jobs set up."""
    found: dict[str, list[str]] = {}
    for name, workflow in workflows.items():
        for job in workflow["jobs"].values():
            matrix = job.get("strategy", {}).get("matrix", {}).get("python", [])
            fixed = [step.get("with", {}).get("python-version") for step in job["steps"]]
            found.setdefault(name, []).extend([*matrix, *(v for v in fixed if v and "${{" not in v)])
    return found


@pytest.fixture(scope="module")
def pyproject() -> dict[str, Any]:
    return read_toml("pyproject.toml")


@pytest.fixture(scope="module")
def lock() -> dict[str, Any]:
    return read_toml("uv.lock")


@pytest.fixture(scope="module", params=["base", "full", "tools"])
def pins(request: pytest.FixtureRequest) -> list[Pin]:
    return requirements(request.param)


def requirements(name: str) -> list[Pin]:
    return read_pins((ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8"))


def environment_yml() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8")))


def workflow_files() -> dict[str, Any]:
    files = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    return {file.name: yaml.safe_load(file.read_text(encoding="utf-8")) for file in files}


def test_lock_records_the_dependencies_of_pyproject(pyproject: dict[str, Any], lock: dict[str, Any]) -> None:
    assert not dependencies_out_of_step(pyproject, lock), "run: make lock"


@pytest.mark.parametrize(
    ("where", "change"),
    [
        ("base", lambda project: project["dependencies"].append("rich >=13")),
        ("base", lambda project: project["dependencies"].pop()),
        ("version", lambda project: project["dependencies"].__setitem__(0, "altair >=5,<7")),
        ("extra", lambda project: project["optional-dependencies"]["test"].pop()),
        ("python", lambda project: project.__setitem__("requires-python", ">=3.12,<3.14")),
    ],
)
def test_a_changed_dependency_is_found(
    pyproject: dict[str, Any], lock: dict[str, Any], where: str, change: Any
) -> None:
    altered = copy.deepcopy(pyproject)
    change(altered["project"])
    assert dependencies_out_of_step(altered, lock), where


def test_every_package_of_the_lock_is_a_wheel_from_pypi(lock: dict[str, Any]) -> None:
    assert not lock_faults(lock)


def test_a_source_only_or_foreign_package_is_found(lock: dict[str, Any]) -> None:
    altered = copy.deepcopy(lock)
    first, second, third = [package for package in altered["package"] if "wheels" in package][:3]
    del first["wheels"]
    second["source"] = {"registry": "https://mirror.example/simple"}
    del third["wheels"][0]["hash"]
    assert len(lock_faults(altered)) == 3


def test_pins_are_those_of_the_lock(pins: list[Pin], lock: dict[str, Any]) -> None:
    assert not pins_out_of_step(pins, lock), "run: make lock"


def test_a_changed_pin_is_found(pins: list[Pin], lock: dict[str, Any]) -> None:
    version = pins[0]._replace(version="999")
    hashes = pins[1]._replace(hashes=pins[1].hashes - {min(pins[1].hashes)})
    unhashed = pins[2]._replace(hashes=frozenset())
    assert len(pins_out_of_step([version, hashes, unhashed, *pins[3:]], lock)) == 3


def needed(lock: dict[str, Any], extras: tuple[str, ...], groups: tuple[str, ...] = GROUPS) -> set[tuple[str, str]]:
    """Name and version of every package of the lock that the project needs with these extras and groups."""
    packages = [package for package in lock["package"] if "editable" not in package["source"]]
    [project] = [package for package in lock["package"] if "editable" in package["source"]]
    waiting = [*project["dependencies"], *(d for group in groups for d in project["dev-dependencies"][group])]
    waiting += [dependency for extra in extras for dependency in project["optional-dependencies"][extra]]
    found: set[tuple[str, str]] = set()
    seen = set()
    while waiting:
        dependency = waiting.pop()
        key = (dependency["name"], dependency.get("version"), tuple(dependency.get("extra", ())))
        if key in seen:
            continue
        seen.add(key)
        for package in packages:
            if package["name"] == dependency["name"] and dependency.get("version") in (None, package["version"]):
                found.add((package["name"], package["version"]))
                waiting += package.get("dependencies", [])
                for extra in dependency.get("extra", ()):
                    waiting += package.get("optional-dependencies", {}).get(extra, [])
    return found


def test_full_holds_the_lock_but_for_the_heavy_extra(lock: dict[str, Any]) -> None:
    locked = {(p["name"], p["version"]) for p in lock["package"] if "editable" not in p["source"]}
    full = {(pin.name, pin.version) for pin in requirements("full")}
    assert full == needed(lock, EXTRAS)
    assert locked == needed(lock, EXTRAS + HEAVY, GROUPS + TOOLS)
    assert "torch" in {name for name, _ in locked - full}


def test_base_stays_small() -> None:
    """Binder installs it: no browser, no deep learning, nothing of the tests or of the book."""
    names = {pin.name for pin in requirements("base")}
    assert not names & {"torch", "scikit-learn", "dask", "playwright", "trafilatura", "pytest-xdist", "typst", "sphinx"}


def test_base_is_a_part_of_full() -> None:
    full = {(pin.name, pin.version, pin.hashes) for pin in requirements("full")}
    base = {(pin.name, pin.version, pin.hashes) for pin in requirements("base")}
    assert base < full


def test_the_extras_and_groups_are_those_of_the_export(pyproject: dict[str, Any]) -> None:
    assert set(declared(pyproject)) == {"", *EXTRAS, *HEAVY, *GROUPS, *TOOLS}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert set(re.findall(r"--extra (\w+)", makefile)) == set(EXTRAS)
    assert set(re.findall(r"--group (\w+)", makefile)) == set(GROUPS)
    assert set(re.findall(r"--only-group (\w+)", makefile)) == set(TOOLS)
    tools = {pin.name for pin in requirements("tools")}
    assert {canonicalize_name(r.name) for r in declared(pyproject)["tools"]} <= tools


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize(("name", "parts"), [("base", ("", *GROUPS)), ("full", ("", *EXTRAS, *GROUPS))])
def test_pins_meet_every_declared_dependency(
    pyproject: dict[str, Any], name: str, parts: tuple[str, ...], python: str
) -> None:
    wanted = [requirement for part in parts for requirement in declared(pyproject)[part]]
    pins = requirements(name)
    assert not missing_pins(pins, wanted, python)
    without = [pin for pin in pins if pin.name != "altair"]
    assert len(missing_pins(without, wanted, python)) == 1


def test_environment_yml_is_python_pip_and_the_lock(pyproject: dict[str, Any]) -> None:
    assert not environment_faults(environment_yml(), pyproject)


@pytest.mark.parametrize(
    "change",
    [
        lambda entries: entries.__setitem__(0, "python=3.10"),
        lambda entries: entries.__setitem__(1, "pip"),
        lambda entries: entries.append("pandas"),
        lambda entries: entries[-1].__setitem__("pip", ["-r requirements/full.txt"]),
        lambda entries: entries[-1]["pip"].append("-e ."),
    ],
)
def test_a_changed_environment_yml_is_found(pyproject: dict[str, Any], change: Any) -> None:
    altered = copy.deepcopy(environment_yml())
    change(altered["dependencies"])
    assert environment_faults(altered, pyproject)


def test_post_build_installs_the_package_with_the_locked_backend(pyproject: dict[str, Any]) -> None:
    script = (ROOT / "postBuild").read_text(encoding="utf-8")
    assert "pip install --no-deps --no-build-isolation -e ." in script
    assert (ROOT / "postBuild").stat().st_mode & 0o111
    backend = [Requirement(line) for line in pyproject["build-system"]["requires"]]
    assert not missing_pins(requirements("base"), backend, "3.12")


def test_workflows_and_makefile_use_the_supported_pythons(pyproject: dict[str, Any]) -> None:
    pythons = workflow_pythons(workflow_files())
    assert sorted(pythons["test.yml"]) == supported(pyproject)
    assert set(pythons["book.yml"]) <= set(supported(pyproject))
    [candidates] = re.findall(r"^CANDIDATES := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(re.findall(r"python(3\.\d+)", candidates)) == supported(pyproject)


def test_a_changed_matrix_is_found(pyproject: dict[str, Any]) -> None:
    altered = copy.deepcopy(workflow_files())
    altered["test.yml"]["jobs"]["test"]["strategy"]["matrix"]["python"].append("3.14")
    assert sorted(workflow_pythons(altered)["test.yml"]) != supported(pyproject)
