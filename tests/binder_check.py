"""Check the Binder set-up without Docker: what repo2docker makes of the last commit, and an installation from nothing.

Run by `make binder`; needs a package index, so it is no part of `make test`. conda itself is not run: repo2docker's
`env update` gives Python and pip, and then calls pip on the list in environment.yml, as is done here.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "binder"
REPO2DOCKER = "jupyter-repo2docker==2026.4.0"
LIMIT, CORES = 180, 2  # seconds of installing, on so many cores
DETECT = """
import json
from repo2docker.app import Repo2Docker
app = Repo2Docker()
pack = next(pack for pack in (kind(app.base_image) for kind in app.buildpacks) if pack.detect())
pack.platform = "linux/amd64"
print(json.dumps({"pack": type(pack).__name__, "python": getattr(pack, "python_version", ""),
                  "early": list(pack.get_preassemble_script_files()), "dockerfile": pack.render()}))
"""


def detection_faults(found: Mapping[str, Any], python: str) -> list[str]:
    """What is wrong with what repo2docker detected; python is the version that environment.yml asks for."""
    faults = []
    if found["pack"] != "CondaBuildPack":
        faults.append(f"repo2docker takes {found['pack']}, not the conda build pack")
    if found["python"] != python:
        faults.append(f"repo2docker gives Python {found['python']}, not {python}")
    if found["early"]:
        # before the repository is there, pip would not find the requirements that environment.yml names
        faults.append(f"repo2docker installs before it copies the repository: {', '.join(found['early'])}")
    steps = ["COPY --chown=1000:1000 src/", 'env update -p ${NB_PYTHON_PREFIX} --file "environment.yml"', "./postBuild"]
    places = [found["dockerfile"].find(step) for step in steps]
    if -1 in places or places != sorted(places):
        faults.append("the Dockerfile does not copy the repository, update the environment and run postBuild in order")
    return faults


def works(python: str) -> bool:
    """Whether a Python of this name starts; pyenv's stand-ins may not."""
    return shutil.which(python) is not None and subprocess.run([python, "-c", ""], capture_output=True).returncode == 0


def call(*command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command; where it fails, show what it printed and stop."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done


def clone() -> Path:
    """A clean clone of the last commit, as Binder takes it."""
    place = WORK / "repository"
    shutil.rmtree(place, ignore_errors=True)
    call("git", "clone", "--quiet", ROOT, place)
    return place


def detect(repository: Path) -> dict[str, Any]:
    """What repo2docker, in an environment of its own, makes of a repository."""
    venv = WORK / REPO2DOCKER
    if not (venv / "ready").exists():
        call(sys.executable, "-m", "venv", "--clear", venv)
        call(venv / "bin" / "python", "-m", "pip", "install", "-qq", "--disable-pip-version-check", REPO2DOCKER)
        (venv / "ready").touch()
    answer = call(venv / "bin" / "python", "-c", DETECT, cwd=repository).stdout
    return dict(json.loads(answer.splitlines()[-1]))


def install(repository: Path, python: str, dependencies: list[Any]) -> float:
    """Install what environment.yml lists and run postBuild, from nothing and without a cache; returns the seconds."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    venv = WORK / "venv"
    path = f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | {"PATH": path}
    call(python, "-m", "venv", "--clear", venv, env=environment)
    [pip_version] = [entry for entry in dependencies if str(entry).startswith("pip=")]
    [lines] = [entry["pip"] for entry in dependencies if isinstance(entry, dict)]
    pip = [venv / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--no-cache-dir", "install", "-q"]
    call(*pip, pip_version.replace("=", "=="), env=environment)
    (WORK / "requirements.txt").write_text("\n".join(lines).replace("requirements/", f"{repository}/requirements/"))
    start = time.perf_counter()
    call(*pip, "-r", WORK / "requirements.txt", cwd=repository, env=environment)
    call(repository / "postBuild", cwd=repository, env=environment)
    return time.perf_counter() - start


def main() -> int:
    """Check and report; 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", help="the Python to install with (default: the version of environment.yml)")
    chosen = parser.parse_args().python
    repository = clone()
    environment = yaml.safe_load((repository / "environment.yml").read_text(encoding="utf-8"))
    dependencies = environment["dependencies"]
    [version] = [entry.removeprefix("python=") for entry in dependencies if str(entry).startswith("python=")]

    found = detect(repository)
    faults = detection_faults(found, version)
    print(f"{REPO2DOCKER}: {found['pack']}, Python {found['python']}")

    python = chosen or next(name for name in (f"python{version}", sys.executable) if works(name))
    seconds = install(repository, python, dependencies)
    venv = WORK / "venv"
    used = call(venv / "bin" / "python", "-c", "import platform; print(platform.python_version())").stdout.strip()
    packages = len(list(venv.glob("lib/*/site-packages/*.dist-info")))
    size = sum(file.stat().st_size for file in venv.rglob("*") if file.is_file() and not file.is_symlink()) / 1e6
    print(f"installed with Python {used}: {packages} packages, {size:.0f} MB, {seconds:.0f} s of at most {LIMIT} s")
    if seconds > LIMIT:
        faults.append(f"installing took longer than {LIMIT} s")
    call(venv / "bin" / "python", "-m", "pip", "check")
    print("\n".join(faults) or "the environment is what Binder needs")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
