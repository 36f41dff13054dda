"""The bill of materials of the software, as CycloneDX 1.6 in JSON, made from uv.lock and nothing else.

It lists every package that any part of the project may install, with its version and what it needs. The hashes of all
files stand in uv.lock beside it. The same lock gives the same bytes. Specification: https://cyclonedx.org/docs/1.6/json/
"""

import json
import tomllib
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

NAME = "sbom.cdx.json"
SPECIFICATION = "https://cyclonedx.org/docs/1.6/json/"
Package = Mapping[str, Any]


def _ref(package: Package) -> str:
    return f"pkg:pypi/{package['name']}@{package['version']}"


def _is_own(package: Package) -> bool:
    return "editable" in package["source"]


def _needed(package: Package, extra: str = "") -> list[Package]:
    """What a package needs, or one of its extras does, as the lock says it."""
    found: list[Package] = package.get("optional-dependencies", {}).get(extra, []) if extra else []
    return found or ([] if extra else package.get("dependencies", []))


def _meant(wanted: Package, by_name: Mapping[str, list[Package]]) -> Iterator[Package]:
    """The packages of the lock that a dependency means: of one name there may be two, for different Pythons."""
    for package in by_name[wanted["name"]]:
        if wanted.get("version", package["version"]) == package["version"]:
            yield package


def _reached(wanted: list[Package], by_name: Mapping[str, list[Package]]) -> dict[str, set[str]]:
    """The packages that dependencies lead to, each with what it needs itself, by their references."""
    found: dict[str, set[str]] = {}
    seen: set[tuple[str, str]] = set()
    waiting = list(wanted)
    while waiting:
        one = waiting.pop()
        for package in _meant(one, by_name):
            for extra in ("", *one.get("extra", ())):
                if (_ref(package), extra) in seen:
                    continue
                seen.add((_ref(package), extra))
                needs = _needed(package, extra)
                waiting += needs
                own = found.setdefault(_ref(package), set())
                own |= {_ref(meant) for need in needs for meant in _meant(need, by_name)} - {_ref(package)}
    return found


def bill(lock: Mapping[str, Any]) -> dict[str, Any]:
    """The bill of materials of a lock, as read: the project, its packages in order, and what needs what.

    A package that the base environment installs is required, any other optional.
    """
    by_name: dict[str, list[Package]] = {}
    for package in lock["package"]:
        by_name.setdefault(package["name"], []).append(package)
    [project] = [package for package in lock["package"] if _is_own(package)]
    extras = [need for needs in project.get("optional-dependencies", {}).values() for need in needs]
    groups = [need for needs in project.get("dev-dependencies", {}).values() for need in needs]
    required = _reached(project.get("dependencies", []), by_name)
    needs = _reached([*project.get("dependencies", []), *extras, *groups], by_name)
    direct = {_ref(m) for need in [*project.get("dependencies", []), *extras, *groups] for m in _meant(need, by_name)}
    components = [
        {
            "type": "library",
            "bom-ref": _ref(package),
            "name": package["name"],
            "version": package["version"],
            "scope": "required" if _ref(package) in required else "optional",
            "purl": _ref(package),
        }
        for package in sorted(lock["package"], key=lambda package: (package["name"], package.get("version", "")))
        if not _is_own(package)
    ]
    tree = {_ref(project): direct, **needs}
    own = {
        "type": "application",
        "bom-ref": _ref(project),
        "name": project["name"],
        "version": project["version"],
        "licenses": [{"expression": "MIT AND CC-BY-4.0"}],
        "purl": _ref(project),
    }
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(lock, sort_keys=True, default=str))}",
        "version": 1,
        "metadata": {"component": own},
        "components": components,
        "dependencies": [{"ref": ref, "dependsOn": sorted(tree[ref])} for ref in sorted(tree)],
    }


def write(lock: bytes) -> bytes:
    """The bill of materials of the bytes of uv.lock."""
    return (json.dumps(bill(tomllib.loads(lock.decode("utf-8"))), indent=1) + "\n").encode()
