"""The map of the argument: a tile for every entry, boxes that do not touch, arrows between the right steps."""

from itertools import combinations

import pandas as pd
import pytest

from analysis.charts import argument
from analysis.claims import argument_map, ledger
from analysis.claims.argument_map import ArgumentMap
from analysis.claims.evidence import Evidence, load_evidence
from analysis.data.tables import load


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return load_evidence()


@pytest.fixture(scope="module")
def found(evidence: Evidence) -> ArgumentMap:
    claims, left_out = ledger.ledger(evidence), ledger.omissions(evidence)
    return argument_map.lay_out(claims, left_out, load("steps"), load("argument"))


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    return (
        one["x"] < other["x2"] and other["x"] < one["x2"] and one["y"] < other["y2"] and other["y"] < one["y2"]
    )  # fmt: skip


def test_every_claim_and_omission_has_one_tile(found: ArgumentMap) -> None:
    entries = [*load("claims")["claim_id"], *load("omissions")["omission_id"]]
    assert sorted(found.tiles["entry"]) == sorted(entries)


def test_nothing_lies_over_another(found: ArgumentMap) -> None:
    boxes, tiles = found.boxes.to_dict("records"), found.tiles.to_dict("records")
    assert not any(overlap(a, b) for a, b in combinations(boxes, 2))
    assert not any(overlap(a, b) for a, b in combinations(tiles, 2))


def test_a_claim_lies_inside_its_step_and_an_omission_above(found: ArgumentMap) -> None:
    boxes = found.boxes.set_index("step_id")
    for tile in found.tiles.itertuples():
        box = boxes.loc[tile.step_id]
        assert box["x"] < tile.x < tile.x2 < box["x2"]
        if tile.role == "omission":
            assert tile.y2 < box["y"]
        else:
            assert box["y"] < tile.y < tile.y2 < box["y2"]


def test_arrows_lead_from_what_supports_to_what_is_supported(found: ArgumentMap) -> None:
    links = {(row.step_id, row.supports, "supports") for row in load("argument").itertuples()}
    links |= {(row.omission_id, row.step_id, str(row.relation)) for row in load("omissions").itertuples()}
    assert {(row.source, row.target, row.relation) for row in found.arrows.itertuples()} == links
    assert (found.arrows["y2"] > found.arrows["y"]).all()  # downwards


def test_every_verdict_has_a_letter_of_its_own() -> None:
    assert tuple(argument_map.LETTERS) == ledger.VERDICTS
    assert len(set(argument_map.LETTERS.values())) == len(ledger.VERDICTS)


def test_another_verdict_gives_another_map(evidence: Evidence, found: ArgumentMap) -> None:
    claims = ledger.ledger(evidence)
    claims.loc[claims["claim_id"] == "C35", "verdict"] = "unsupported"
    again = argument_map.lay_out(claims, ledger.omissions(evidence), load("steps"), load("argument"))
    assert again.tiles.set_index("entry").at["C35", "letter"] == "U"
    assert "S4 Alignment (0 of 1 hold)" in argument_map.describe(again)
    assert "S4 Alignment (1 of 1 hold)" in argument_map.describe(found)


def test_the_list_says_what_the_map_shows(found: ArgumentMap) -> None:
    items = argument_map.outline(found)
    assert [item.split()[0] for item, _ in items] == list(load("steps")["step_id"])
    lines = [line for _, below in items for line in below]
    assert len(lines) == len(found.tiles)
    assert any(line.startswith("C32 confirmed with correction (support): ") for line in lines)
    assert any(line.startswith("O3 supports this step, left out: ") for line in lines)
    assert "supports S5" in items[0][0]


def test_the_chart_keeps_its_size_and_tiles_lead_somewhere(found: ArgumentMap) -> None:
    from analysis.book.charts import with_links

    spec = argument.argument_map(found, title="A finding", subtitle="Unit").to_dict()
    assert spec["autosize"]  # by which charts.js knows it
    linked = with_links(spec, "ledger.html")
    tiles = [row for rows in linked["datasets"].values() for row in rows if "entry" in row]
    assert {row["href"] for row in tiles if row["entry"] == "C32"} == {"ledger.html#c32"}
    assert sum("href" in layer["encoding"] for layer in linked["layer"]) == 4  # squares, numbers, letters, omissions
    assert "href" not in str(spec)


def test_an_empty_step_has_a_box(evidence: Evidence) -> None:
    claims = ledger.ledger(evidence)
    some = argument_map.lay_out(
        claims[claims["step_id"] != "S4"], ledger.omissions(evidence), load("steps"), load("argument")
    )
    assert pd.Series(some.boxes["step_id"]).tolist() == list(load("steps")["step_id"])
