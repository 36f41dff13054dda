"""Small faults in the code of the measures, drawn evenly with a fixed seed: another operator, number, bound or word.

The usual tools were looked at: mutmut and cosmic-ray rewrite or rerun everything, without an even draw, and start the
tests anew for each mutant; this needs a few lines of ast.
"""

import ast
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

SEED = 20221216
WANTED = 330  # mutants
LEAST = 4  # of a module, where it has as many places
EQUIVALENT = Path(__file__).with_name("equivalent.csv")
# Those that count, compare, rank or decide. Not here: what reads and writes files, and what puts results on pages, in
# charts and on the command line.
MODULES = (
    "claims/checks/codings", "claims/checks/events", "claims/checks/registry", "claims/checks/texts",
    "claims/evidence", "claims/ledger", "claims/quotation_audit",
    "core/wording", "measures/agreement", "measures/alignment", "measures/before_after", "measures/continuity",
    "measures/counterparts", "measures/embeddings", "measures/keyness", "measures/pair", "measures/placebos",
    "measures/provisions", "measures/series", "measures/similarity", "measures/specifications",
    "signals/coding", "signals/dual_track", "signals/events", "signals/exports", "signals/indices", "texts/documents",
    "texts/features", "texts/fetch", "texts/quotations", "texts/segment",
)  # fmt: skip
COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.MatMult: ast.Mult,
}  # fmt: skip
NAMES = {
    "min": "max", "max": "min", "any": "all", "all": "any", "idxmin": "idxmax", "idxmax": "idxmin", "mean": "median",
    "sum": "mean", "median": "mean", "minimum": "maximum", "maximum": "minimum", "argmin": "argmax",
    "argmax": "argmin", "startswith": "endswith", "floor": "ceil", "ceil": "floor", "first": "last", "last": "first",
}  # fmt: skip
# what no measure depends on: messages of errors and types, and what only stops where lengths differ
SKIPPED = (ast.Raise, ast.JoinedStr, ast.Import, ast.ImportFrom)
GUARD = "strict"


@dataclass(frozen=True)
class Mutant:
    """A fault in a module: where, what stands there, what stands there then, and the function around it."""

    module: str
    line: int
    text: str  # of the line
    before: str
    after: str
    start: int
    end: int  # of what is replaced, in characters
    function: int  # the first line of the innermost function around it, 0 where there is none

    @property
    def words(self) -> str:
        """The fault in words."""
        return f"line {self.line}: {self.before} becomes {self.after}"

    def applied(self, source: str) -> str:
        """The source of the module with the fault."""
        return source[: self.start] + self.after + source[self.end :]


def _others(node: ast.AST) -> Iterator[ast.expr]:
    """What can stand in the place of a node."""
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            operators = [*node.ops[:place], COMPARED[type(operator)](), *node.ops[place + 1 :]]
            yield ast.Compare(node.left, operators, node.comparators)
    elif isinstance(node, ast.BinOp):
        texts = (ast.JoinedStr, ast.List, ast.Tuple)
        sides = (node.left, node.right)
        words = any(isinstance(s, texts) or (isinstance(s, ast.Constant) and isinstance(s.value, str)) for s in sides)
        if type(node.op) in COMPUTED and not words:
            yield ast.BinOp(node.left, COMPUTED[type(node.op)](), node.right)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1)
    elif isinstance(node, ast.Call):
        function = node.func
        if isinstance(function, ast.Name) and function.id in NAMES:
            yield ast.Call(ast.Name(NAMES[function.id]), node.args, node.keywords)
        elif isinstance(function, ast.Attribute) and function.attr in NAMES:
            yield ast.Call(ast.Attribute(function.value, NAMES[function.attr]), node.args, node.keywords)
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)


def _walk(node: ast.AST, function: int) -> Iterator[tuple[ast.AST, int]]:
    """The nodes below one that may be changed, each with the first line of the function around it."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, SKIPPED) or getattr(child, "arg", "") == GUARD:
                continue
            inner = function
            if isinstance(child, ast.FunctionDef):
                inner = min([child.lineno, *(decorator.lineno for decorator in child.decorator_list)])
            yield child, inner
            yield from _walk(child, inner)


def mutants_of(module: str, source: str) -> list[Mutant]:
    """Every fault that can be made in the source of a module, in order."""
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def place(line: int, column: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    found = []
    for node, function in _walk(ast.parse(source), 0):
        for other in _others(node):
            start = place(node.lineno, node.col_offset)
            end = place(node.end_lineno, node.end_col_offset)
            before, after = ast.unparse(node), ast.unparse(ast.fix_missing_locations(other))
            text = lines[node.lineno - 1].strip()
            found.append(Mutant(module, node.lineno, text, before, f"({after})", start, end, function))
    return sorted(found, key=lambda mutant: (mutant.start, mutant.end, mutant.after))


@cache
def all_mutants(folder: Path) -> tuple[Mutant, ...]:
    """Every fault that can be made in the measures of a folder with code."""
    return tuple(
        mutant
        for module in MODULES
        for mutant in mutants_of(module, (folder / f"{module}.py").read_text(encoding="utf-8"))
    )


def drawn(mutants: tuple[Mutant, ...], wanted: int = WANTED) -> list[int]:
    """The numbers of those that are tried: from each module in proportion to its places, the same ones each time."""
    numbers: dict[str, list[int]] = {}
    for number, mutant in enumerate(mutants):
        numbers.setdefault(mutant.module, []).append(number)
    found: list[int] = []
    for module, own in numbers.items():
        share = max(LEAST, round(wanted * len(own) / len(mutants)))
        found += Random(f"{SEED} {module}").sample(own, min(share, len(own)))
    return sorted(found)


def equivalents(mutants: tuple[Mutant, ...]) -> dict[tuple[str, str, str, str], str]:
    """Why a fault changes nothing, by module, text of the line, what stands there and what stands there then.

    Raises ValueError where the table explains a fault that can no longer be made.
    """
    possible = {(mutant.module, mutant.text, mutant.before, mutant.after) for mutant in mutants}
    with EQUIVALENT.open(encoding="utf-8", newline="") as stream:
        rows = {(r["module"], r["text"], r["before"], r["after"]): r["why"] for r in csv.DictReader(stream)}
    for row in rows.keys() - possible:
        raise ValueError(f"{EQUIVALENT.name}: {row[0]}.py has no “{row[2]}” in the line “{row[1]}” any more")
    return rows
