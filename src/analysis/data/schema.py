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

TYPES = ("string", "integer", "number", "date", "list", "boolean")


@dataclass(frozen=True)
class Field:
    """One column: its type, its meaning, what its cells may hold, and names of its values for readers (labels)."""

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
        """What the column allows, in words."""
        if self.enum:
            return "one of " + ", ".join(self.enum)
        words = {
            "string": "text",
            "integer": "a whole number",
            "number": "a number",
            "date": "a day of the calendar as YYYY-MM-DD",
            "list": f"items separated by “{self.delimiter}”, none empty",
            "boolean": "true or false",
        }[self.type]
        if self.pattern:
            words += f" of the form {self.pattern}"
        if self.minimum is not None and self.maximum is not None:
            words += f" from {self.minimum} to {self.maximum}"
        elif self.minimum is not None:
            words += f" not below {self.minimum}"
        elif self.maximum is not None:
            words += f" not above {self.maximum}"
        return words


@dataclass(frozen=True)
class ForeignKey:
    """Every filled cell of `field` stands in column `target` of `table`."""

    field: str
    table: str
    target: str


@dataclass(frozen=True)
class TableSchema:
    """One table: file name, meaning, columns and keys.

    document is the id of the document that it cuts up, where it does; may_be_empty, whether a header alone is enough.
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


def _field(raw: Mapping[str, Any]) -> Field:
    constraints = raw.get("constraints", {})
    if raw["type"] not in TYPES:
        raise DataError(f"datapackage.json, column {raw['name']}: type “{raw['type']}”; allowed: {', '.join(TYPES)}")
    return Field(
        name=raw["name"],
        type=raw["type"],
        description=raw["description"],
        required=constraints.get("required", False),
        unique=constraints.get("unique", False),
        pattern=constraints.get("pattern"),
        minimum=constraints.get("minimum"),
        maximum=constraints.get("maximum"),
        enum=tuple(constraints.get("enum", ())),
        ordered=raw.get("categoriesOrdered", False),
        delimiter=raw.get("delimiter", ","),
        labels=tuple((category["value"], category["label"]) for category in raw.get("categories", ())),
    )


def _table(raw: Mapping[str, Any]) -> TableSchema:
    schema = raw["schema"]
    return TableSchema(
        name=raw["name"],
        file=raw["path"],
        title=raw["title"],
        description=raw["description"],
        fields=tuple(_field(field) for field in schema["fields"]),
        primary_key=tuple(schema["primaryKey"]),
        foreign_keys=tuple(
            ForeignKey(key["fields"][0], key["reference"]["resource"], key["reference"]["fields"][0])
            for key in schema.get("foreignKeys", ())
        ),
        document=raw.get("document", ""),
        may_be_empty=raw.get("mayBeEmpty", False),
    )


def read_schema(path: Path, file_format: str = "csv") -> dict[str, TableSchema]:
    """The tables of a format (csv, or parquet for the features) declared in a data package, by name, in file order.

    Raises DataError where the file is missing, is not JSON, or declares a table incompletely.
    """
    try:
        package = json.loads(path.read_text(encoding="utf-8"))
        of_format = [raw for raw in package["resources"] if raw.get("format", "csv") == file_format]
        tables = [_table(raw) for raw in of_format if raw.get("type") == "table" or file_format == "parquet"]
    except FileNotFoundError:
        raise DataError(f"{path.name} is missing; it declares the tables") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name} is not valid JSON: {error}") from error
    except (KeyError, TypeError) as error:
        raise DataError(f"{path.name}: a table or column is declared without {error}") from error
    return {table.name: table for table in tables}
