"""The schema of the tables, read from data/datapackage.json, the one place where it is declared.

The file is a Frictionless Data Package (https://datapackage.org/standard/data-package/). The loader, the
command `balancing-act check` and the data dictionary of the book all read it through this module.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.core.errors import DataError

TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "date": "a day of the calendar as YYYY-MM-DD",
    "list": "items separated by “{delimiter}”, none empty",
    "boolean": "true or false",
}


@dataclass(frozen=True)
class Field:
    """A column: its type, its meaning, what its cells may hold, and names of its values for readers (labels)."""

    name: str
    type: str
    description: str
    required: bool = False
    unique: bool = False
    pattern: str | None = None
    minimum: float | str | None = None
    maximum: float | str | None = None
    enum: tuple[str, ...] = ()
    ordered: bool = False
    delimiter: str = ","
    labels: tuple[tuple[str | int, str], ...] = ()

    @property
    def allowed(self) -> str:
        """Return what the column allows, in words."""
        if self.enum:
            return "one of " + ", ".join(self.enum)
        words = TYPES[self.type].format(delimiter=self.delimiter)
        if self.pattern:
            words += f" of the form {self.pattern}"
        if self.minimum is not None and self.maximum is not None:
            return f"{words} from {self.minimum} to {self.maximum}"
        return words if self.minimum is None else f"{words} not below {self.minimum}"


@dataclass(frozen=True)
class ForeignKey:
    """Every filled cell of `field` stands in column `target` of `table`."""

    field: str
    table: str
    target: str


@dataclass(frozen=True)
class TableSchema:
    """A table: file, meaning, columns, keys; document: the one that it cuts up; may_be_empty: a header is enough.

    licence: its name and address, where it is not that of the other tables.
    """

    name: str
    file: str
    title: str
    description: str
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    document: str = ""
    may_be_empty: bool = False
    licence: str = ""


def _field(raw: Mapping[str, Any]) -> Field:
    if raw["type"] not in TYPES:
        raise DataError(f"datapackage.json, column {raw['name']}: type “{raw['type']}”; allowed: {', '.join(TYPES)}")
    constraints = raw.get("constraints", {})
    return Field(
        raw["name"],
        raw["type"],
        raw["description"],
        ordered=raw.get("categoriesOrdered", False),
        delimiter=raw.get("delimiter", ","),
        labels=tuple((category["value"], category["label"]) for category in raw.get("categories", ())),
        **constraints | {"enum": tuple(constraints.get("enum", ()))},
    )


def _table(raw: Mapping[str, Any]) -> TableSchema:
    schema = raw["schema"]
    foreign_keys = ((key["fields"][0], key["reference"]) for key in schema.get("foreignKeys", ()))
    return TableSchema(
        raw["name"],
        raw["path"],
        raw["title"],
        raw["description"],
        fields=tuple(_field(field) for field in schema["fields"]),
        primary_key=tuple(schema["primaryKey"]),
        foreign_keys=tuple(ForeignKey(field, to["resource"], to["fields"][0]) for field, to in foreign_keys),
        document=raw.get("document", ""),
        may_be_empty=raw.get("mayBeEmpty", False),
        licence="; ".join(f"{one['name']}, {one['path']}" for one in raw.get("licenses", ())),
    )


def read_schema(path: Path, file_format: str = "csv") -> dict[str, TableSchema]:
    """Return the tables of a format (csv, or parquet for the features) that a data package declares, by name.

    Raises DataError where the file is missing, is not JSON, or declares a table incompletely.
    """
    try:
        package = json.loads(path.read_text(encoding="utf-8"))
        of_format = [raw for raw in package["resources"] if raw.get("format", "csv") == file_format]
        tables = [_table(raw) for raw in of_format if raw.get("type") == "table" or file_format == "parquet"]
    except FileNotFoundError:
        raise DataError(f"{path.name} is missing; it declares the tables") from None
    except ValueError as error:
        raise DataError(f"{path.name} is not valid JSON: {error}") from error
    except (KeyError, TypeError) as error:
        raise DataError(f"{path.name}: a table or column is declared without {error}") from error
    return {table.name: table for table in tables}
