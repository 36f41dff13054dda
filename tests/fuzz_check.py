"""The readers with input that a fuzzer steers: `make fuzz`. Linux alone.

Every test of test_fuzz.py is called by Atheris, which keeps the input that reaches new lines of the package and changes
it further, for some seconds each, in a process of its own. Names of tests can be given, and how long:
`python tests/fuzz_check.py --seconds 60 test_bibliographies`. Exits with 1 where a reader failed otherwise than with an
error of the package; the input is left in build/fuzz.
"""

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MADE = ROOT / "build" / "fuzz"


def fuzz(name: str, seconds: int) -> None:
    """Let Atheris call one test until the time is over; it ends the process."""
    import atheris

    with atheris.instrument_imports(include=["analysis"]):
        import test_fuzz
    from hypothesis import given, settings

    test = getattr(test_fuzz, name)
    with tempfile.TemporaryDirectory() as folder:
        fixed = {"tmp_path": Path(folder)} if "tmp_path" in test.__code__.co_varnames else {}

        def call(**values: Any) -> None:
            test.hypothesis.inner_test(**fixed, **values)

        steered = settings(deadline=None, database=None)(given(**test.hypothesis._given_kwargs)(call))
        corpus = MADE / name
        corpus.mkdir(parents=True, exist_ok=True)
        options = [
            f"-max_total_time={seconds}",
            f"-artifact_prefix={MADE}/{name}-",
            "-print_final_stats=1",
            "-timeout=60",
        ]
        atheris.Setup([name, str(corpus), *options], steered.hypothesis.fuzz_one_input)
        atheris.Fuzz()


def main() -> int:
    """Fuzz the named tests, or all; returns 1 where one failed."""
    names = re.findall(r"^@given\(.*?^def (\w+)", (ROOT / "tests" / "test_fuzz.py").read_text("utf-8"), re.S | re.M)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of a test: {', '.join(names)}")
    parser.add_argument("--seconds", type=int, default=60, help="for each test")
    parser.add_argument("--tools", type=Path, help="folder of an environment that has Atheris, where this one has none")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.tools:  # after the packages of this environment, which come first
        sys.path += [str(folder) for folder in given.tools.resolve().glob("lib/python*/site-packages")]
    if not importlib.util.find_spec("atheris"):
        sys.exit("Atheris is not installed; it has files for Linux on x86-64 alone")
    if given.inside:
        fuzz(given.names[0], given.seconds)
    if wrong := set(given.names) - set(names):
        parser.error(f"there is no test {min(wrong)}; allowed: {', '.join(names)}")
    failed = 0
    for name in given.names or names:
        command = [sys.executable, __file__, "--inside", "--seconds", str(given.seconds), name]
        command += ["--tools", str(given.tools.resolve())] if given.tools else []
        environment = os.environ | {"PYTHONWARNINGS": "ignore"}
        done = subprocess.run(command, cwd=ROOT / "tests", env=environment, capture_output=True, text=True, check=False)
        said = done.stderr + done.stdout
        runs, covered = re.findall(r"number_of_executed_units: (\d+)", said), re.findall(r"cov: (\d+)", said)
        print(f"{name}: {runs[-1] if runs else 0} inputs, {covered[-1] if covered else 0} places reached", flush=True)
        if done.returncode or not runs:
            failed += 1
            print(said[-3000:])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
