"""Counting the events of GDELT and POLECAT exports; the samples are made here."""

from __future__ import annotations

import csv
import gzip
import json
import re
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from analysis.core import paths
from analysis.core.errors import DataError, ParameterError
from analysis.data.tables import load
from analysis.runs import workers
from analysis.signals import exports
from analysis.signals.coding import STATES
from analysis.signals.exports import Report, count_file, merge_counts

GDELT_NAMES = """GLOBALEVENTID SQLDATE MonthYear Year FractionDate
Actor1Code Actor1Name Actor1CountryCode Actor1KnownGroupCode Actor1EthnicCode
Actor1Religion1Code Actor1Religion2Code Actor1Type1Code Actor1Type2Code Actor1Type3Code
Actor2Code Actor2Name Actor2CountryCode Actor2KnownGroupCode Actor2EthnicCode
Actor2Religion1Code Actor2Religion2Code Actor2Type1Code Actor2Type2Code Actor2Type3Code
IsRootEvent EventCode EventBaseCode EventRootCode QuadClass GoldsteinScale NumMentions NumSources NumArticles AvgTone
Actor1Geo_Type Actor1Geo_FullName Actor1Geo_CountryCode Actor1Geo_ADM1Code Actor1Geo_ADM2Code
Actor1Geo_Lat Actor1Geo_Long Actor1Geo_FeatureID
Actor2Geo_Type Actor2Geo_FullName Actor2Geo_CountryCode Actor2Geo_ADM1Code Actor2Geo_ADM2Code
Actor2Geo_Lat Actor2Geo_Long Actor2Geo_FeatureID
ActionGeo_Type ActionGeo_FullName ActionGeo_CountryCode ActionGeo_ADM1Code ActionGeo_ADM2Code
ActionGeo_Lat ActionGeo_Long ActionGeo_FeatureID DATEADDED SOURCEURL"""
GDELT = re.findall(r"\w+", GDELT_NAMES)
GDELT1 = [name for name in GDELT if not name.endswith("ADM2Code")]
POLECAT = [
    *("Event ID", "Event Date", "Event Type", "Event Mode", "Intensity", "Quad Code", "Contexts"),
    *("Actor Name", "Actor Country", "Actor COW", "Primary Actor Sector", "Actor Sectors", "Actor Title"),
    *("Actor Name Raw", "Wikipedia Actor ID", "Recipient Name", "Recipient Country", "Recipient COW"),
    *("Primary Recipient Sector", "Recipient Sectors", "Recipient Title", "Recipient Name Raw"),
    *("Wikipedia Recipient ID", "Placename", "City", "District", "Province", "Country", "Latitude", "Longitude"),
    *("GeoNames ID", "Raw Placename", "Feature Type", "Source", "Publication Date", "Story People"),
    *("Story Organizations", "Story Locations", "Language", "Version"),
]


def gdelt(
    source: str = "CHN", target: str = "JPN", day: str = "20240405", code: str = "112", names: Iterable[str] = GDELT
) -> str:
    """A line of GDELT: China accuses Japan."""
    cells = {"GLOBALEVENTID": "1161000001", "SQLDATE": day, "Actor1CountryCode": source, "Actor2CountryCode": target}
    cells |= {"Actor1Name": "BEIJING", "EventCode": code, "EventBaseCode": code[:3], "EventRootCode": code[:2]}
    cells |= {"ActionGeo_FullName": "Tōkyō, Japan", "SOURCEURL": 'https://example.org/"a",b'}
    return "\t".join(cells.get(name, "") for name in names)


def polecat(
    actor: str = "China",
    recipient: str = "Japan",
    day: str = "2024-04-05",
    kind: str = "ACCUSE",
    mode: str = "disapprove",
    delimiter: str = "\t",
    names: Iterable[str] = POLECAT,
) -> str:
    """A line of POLECAT: China accuses Japan."""
    cells = {"Event ID": "20240405-1234-abc_ACCUSE_D", "Event Date": day, "Event Type": kind, "Event Mode": mode}
    cells |= {"Actor Country": actor, "Recipient Country": recipient, "Story People": "None", "Version": "NGEC"}
    return delimiter.join(cells.get(name, "None") for name in names)


def write(path: Path, lines: Iterable[str | bytes], header: str | None = None) -> Path:
    """A file of lines, each with its end."""
    rows = ([] if header is None else [header]) + list(lines)
    path.write_bytes(b"".join((row.encode() if isinstance(row, str) else row) + b"\n" for row in rows))
    return path


def rows(frame: pd.DataFrame) -> list[str]:
    """The rows of a frame of counts, each as text."""
    quarters = frame["period"].dt.strftime("%Y-%m-%d")
    return [" ".join(map(str, row)) for row in frame.assign(period=quarters).itertuples(index=False, name=None)]


def failure(file: Path, **options: float) -> str:
    with pytest.raises(DataError) as caught:
        count_file(file, **options)  # type: ignore[arg-type]
    assert str(caught.value).startswith(str(file))
    return str(caught.value).removeprefix(str(file)).strip()


# --- GDELT


def test_gdelt_places_of_the_codebook() -> None:
    assert (len(GDELT), len(GDELT1)) == (61, 58)
    used = ["SQLDATE", "Actor1CountryCode", "Actor2CountryCode", "EventCode"]
    for names in (GDELT, GDELT1):
        assert [names.index(name) for name in used] == list(exports.GDELT_PLACES)


def test_gdelt(tmp_path: Path) -> None:
    lines = [
        *(gdelt(day=day) for day in ("20240405", "20240630", "20240701")),
        gdelt("JPN", "USA", code="042"),
        gdelt("USA", "CHN", code="0874"),
        gdelt("USA", "CHN", code="0233"),  # not on the scale: counts as 023
        gdelt("CHN", "CHN"),  # towards itself
        *(gdelt(source) for source in ("CHN", "KOR", "", "HKG")),
    ]
    file = write(tmp_path / "20240405.export.CSV", lines)
    frame, report = count_file(file)
    assert rows(frame) == [
        "CHN JPN 2024-04-01 cameo_goldstein 112 3",
        "CHN JPN 2024-07-01 cameo_goldstein 112 1",
        "JPN USA 2024-04-01 cameo_goldstein 042 1",
        "USA CHN 2024-04-01 cameo_goldstein 023 1",
        "USA CHN 2024-04-01 cameo_goldstein 0874 1",
    ]
    assert frame.dtypes.astype(str).tolist() == ["object", "object", "datetime64[ns]", "object", "object", "int64"]
    assert report == Report(file, "GDELT 2.0", lines=11, kept=7)
    assert str(report) == f"{file} (GDELT 2.0): 11 lines read, 7 kept, 4 outside, 0 malformed"


def test_gdelt_of_version_1_in_one_file(tmp_path: Path) -> None:
    """Its back files have a column less than its daily ones."""
    lines = [gdelt(names=GDELT1[:columns], code=code) for columns, code in ((58, "042"), (57, "112"), (58, "?"))]
    frame, report = count_file(write(tmp_path / "file", lines), largest_bad_share=0.5)
    assert frame["code"].tolist() == ["042", "112"]
    assert (report.format, report.malformed) == ("GDELT 1.0", [(3, "no known code: “?”")])
    mixed = [gdelt(names=GDELT1[: 57 + n % 2]) for n in range(199)]
    assert count_file(write(tmp_path / "file", ["short", *mixed]))[1].kept == 199  # judged by all lines of a block


@pytest.mark.parametrize("scale", ["cameo_goldstein", "plover"])
def test_every_code_of_a_scale_comes_back(tmp_path: Path, scale: str) -> None:
    known = load("scales")[lambda table: table["scale"] == scale].sort_values("code")
    made = [polecat(kind=row.category, mode=row.mode.lower() or "None") for row in known.itertuples()]
    lines, header = (made, "\t".join(POLECAT)) if scale == "plover" else (map(gdelt_of, known["code"]), None)
    frame, _ = count_file(write(tmp_path / "file", lines, header))
    assert frame["code"].tolist() == known["code"].tolist()


def gdelt_of(code: str) -> str:
    return gdelt(code=code)


MADE = st.builds(
    gdelt,
    source=st.sampled_from(["JPN", "CHN", "USA", "KOR", ""]),
    target=st.sampled_from(["JPN", "CHN", "USA"]),
    day=st.sampled_from(["20231231", "20240101", "20240401", "20240431", "2024041", ""]),
    code=st.sampled_from(["042", "0421", "010", "999", "?"]),
)


def count_plainly(file: Path, first: str, last: str) -> tuple[pd.DataFrame, list[int]]:
    """The counts of a file by pandas alone, and the malformed lines."""
    places = dict(zip(exports.GDELT_PLACES, ("day", "source", "target", "code"), strict=True))
    table = pd.read_csv(
        file, sep="\t", header=None, usecols=list(places), dtype=str, keep_default_na=False, quoting=csv.QUOTE_NONE
    ).rename(columns=places)
    day = pd.to_datetime(table["day"].where(table["day"].str.len() == 8), format="%Y%m%d", errors="coerce")
    code = table["code"].replace({"0421": "042"})
    bad = day.isna() | ~code.isin(["042", "010"])
    own = table["source"].isin(STATES) & table["target"].isin(STATES) & (table["source"] != table["target"])
    table = table.assign(code=code, period=day.dt.to_period("Q").dt.start_time, scale="cameo_goldstein")
    table = table[own & ~bad & (day >= first) & (day <= last)]
    counts = table.groupby(exports.KEYS, as_index=False).size().itertuples(index=False, name=None)
    return exports.counts_frame(counts), [number + 1 for number in bad[bad].index]


@settings(max_examples=30, deadline=None)
@given(lines=st.lists(MADE, min_size=1, max_size=40), block=st.sampled_from([250, 1000, 2**20]))
def test_counts_are_those_of_pandas(tmp_path_factory: pytest.TempPathFactory, lines: list[str], block: int) -> None:
    file = write(tmp_path_factory.mktemp("made") / "file", lines)
    first, last = "2024-01-01", "2024-04-01"
    expected, bad = count_plainly(file, first, last)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exports, "BLOCK", block)
        frame, report = count_file(file, first=pd.Timestamp(first), last=pd.Timestamp(last), largest_bad_share=1)
    assert_frame_equal(frame, expected)
    assert (report.lines, report.kept) == (len(lines), frame["signals"].sum())
    assert [number for number, _ in report.malformed] == bad


# --- POLECAT


def test_polecat(tmp_path: Path) -> None:
    lines = [
        polecat(),
        polecat(mode="None"),
        polecat(mode="denounce"),  # no mode of the scale
        polecat(kind="COERCE", mode="martial-law"),
        polecat("USA", "CHN", kind="consult", mode="CONSULT-visit"),
        polecat(kind="CONSULT", mode="talk|phone; visit"),  # the first known mode counts
        polecat("China; Russia; China", "Japan; United States|China", mode="None"),  # once in each direction
        *(polecat(*states) for states in (("Japan", "Japan"), ("China", "None"), ("Taiwan", "Japan"))),
    ]
    file = write(tmp_path / "ngecEventsDV-2024-Apr.txt", lines, "\t".join(POLECAT))
    frame, report = count_file(file)
    assert rows(frame) == [
        "CHN JPN 2024-04-01 plover ACCUSE 3",
        "CHN JPN 2024-04-01 plover ACCUSE/Disapprove 1",
        "CHN JPN 2024-04-01 plover COERCE/Martial-law 1",
        "CHN JPN 2024-04-01 plover CONSULT/Phone 1",
        "CHN USA 2024-04-01 plover ACCUSE 1",
        "USA CHN 2024-04-01 plover CONSULT/Visit 1",
    ]
    assert report == Report(file, "POLECAT", lines=10, kept=7)


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("\t".join([*POLECAT, "", ""]), polecat()),
        ("\t".join(POLECAT), polecat() + "\t\t"),
        ("\t".join(["Headline", *POLECAT, "Story ID"]), polecat()),
        ("\t".join(sorted(POLECAT)), polecat(names=sorted(POLECAT))),
        ("\t".join(POLECAT), polecat().replace("None", '"None', 1)),
        ("\t".join(POLECAT), polecat().replace("NGEC", '"NG\tEC"')),
        ("\t".join(POLECAT), polecat().replace("None", '"None', 1) + "\t"),
        ("\t".join(POLECAT), polecat() + "\r"),
        ("\ufeff" + ",".join(POLECAT[1:]), polecat(delimiter=",", names=POLECAT[1:]).replace("NGEC", '"NGEC, ""v1"""')),
        (",".join(f'"{n}"' for n in POLECAT), ",".join(f'"{cell}"' for cell in polecat().split("\t"))),
    ],
    ids=[
        *("tabs in the header", "tabs in a line", "names without columns", "other order", "lone quote", "quoted tab"),
        *("lone quote and tab", "CRLF", "commas", "quotes"),
    ],
)
def test_known_quirks_of_polecat(tmp_path: Path, header: str, line: str) -> None:
    frame, report = count_file(write(tmp_path / "file", [line], header))
    assert rows(frame) == ["CHN JPN 2024-04-01 plover ACCUSE/Disapprove 1"]
    assert (report.lines, len(report.malformed)) == (1, 0)


# --- packing


def pack_zip(raw: bytes, path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("2024")
        archive.writestr("2024/20240405.export.CSV", raw)
        archive.writestr("__MACOSX/2024/20240405.export.CSV", "no events")


PACKINGS: dict[str, Callable[[bytes, Path], object]] = {
    "plain": lambda raw, path: path.write_bytes(raw),
    "gzip": lambda raw, path: path.write_bytes(gzip.compress(raw[:100]) + gzip.compress(raw[100:])),
    "zip": pack_zip,
}


@pytest.mark.parametrize("pack", PACKINGS.values(), ids=PACKINGS)
def test_packed_files_are_told_by_their_content(tmp_path: Path, pack: Callable[[bytes, Path], object]) -> None:
    file = tmp_path / "events"
    pack("\n".join([gdelt(), "short", gdelt("JPN", "CHN", code="010")] * 5).encode(), file)
    frame, report = count_file(file, largest_bad_share=0.5)
    assert frame["signals"].tolist() == [5, 5]
    assert report.malformed[0] == (2, "one column instead of 61")
    if pack is not PACKINGS["plain"]:
        file.write_bytes(file.read_bytes()[:-30])
        assert failure(file).startswith("cannot be read (")


def test_archive_of_several_files(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("Jan.txt", "Apr.txt"):
            archive.writestr(name, gdelt())
    assert failure(tmp_path / "a.zip") == "holds two files, allowed: one; unpack it and name each of them"


# --- malformed lines

BAD: dict[str, tuple[str | bytes, str]] = {
    "too few columns": (gdelt(names=GDELT[:60]), "60 columns instead of 61"),
    "too many columns": (gdelt() + "\t", "62 columns instead of 61"),
    "not UTF-8": (b"\xff\t\xfe", "two columns instead of 61"),
    "no such day": (gdelt(day="20240230"), "no date: “20240230”"),
    "far day": (gdelt(day="00010101"), "no date: “00010101”"),
    "short day": (gdelt(day="2024041"), "no date: “2024041”"),
    "other form": (gdelt(day="2024-04-05"), "no date: “2024-04-05”"),
    "other digits": (gdelt(day="٢٠٢٤٠٤٠٥"), "no date: “٢٠٢٤٠٤٠٥”"),
    "unknown code": (gdelt(code="---"), "no known code: “---”"),
    "code without zero": (gdelt(code="42"), "no known code: “42”"),
    "code of four digits": (gdelt(code="9991"), "no known code: “9991”"),
    "code too long": (gdelt(code="02331"), "no known code: “02331”"),
    "other states": (gdelt("FRA", "DEU", code=""), "no known code: the cell is empty"),
}


@pytest.mark.parametrize(("line", "reason"), BAD.values(), ids=BAD)
def test_malformed_line_is_counted_with_its_number(tmp_path: Path, line: str | bytes, reason: str) -> None:
    file = write(tmp_path / "file", [gdelt(), "", line, gdelt()])
    frame, report = count_file(file, largest_bad_share=0.5)
    assert frame["signals"].tolist() == [2]
    assert report == Report(file, "GDELT 2.0", lines=3, kept=2, malformed=[(3, reason)])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (polecat(kind="CONSULT/Visit"), "no known code: “CONSULT/Visit”"),
        (polecat(kind=""), "no known code: the cell is empty"),
        (polecat(day="20240405"), "no date: “20240405”"),
        (polecat(names=POLECAT[:-1]), "39 columns instead of 40"),
        (polecat() + "\tmore", "41 columns instead of 40"),
    ],
)
def test_malformed_line_of_polecat(tmp_path: Path, line: str, reason: str) -> None:
    _, report = count_file(write(tmp_path / "file", [polecat(), line], "\t".join(POLECAT)), largest_bad_share=0.5)
    assert report.malformed == [(3, reason)]  # the header is line 1


def test_first_malformed_lines_are_reported_in_order(tmp_path: Path) -> None:
    file = write(tmp_path / "file", [gdelt(code="?"), gdelt(), "short", gdelt()] * 10)
    shown = str(count_file(file, largest_bad_share=0.5)[1]).splitlines()
    assert shown[0] == f"{file} (GDELT 2.0): 40 lines read, 20 kept, 0 outside, 20 malformed"
    assert shown[1:3] == ["  line 1: no known code: “?”", "  line 3: one column instead of 61"]
    assert shown[10:] == ["  line 19: one column instead of 61", "  … and 10 more"]


def test_too_many_malformed_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "file", [gdelt()] * 198 + [gdelt(code="?"), "short"])
    assert len(count_file(file)[1].malformed) == 2
    assert failure(file, largest_bad_share=0.009) == (
        "has too many malformed lines: 2 of 200 read (1.00%, allowed 0.90%):\n"
        "  line 199: no known code: “?”\n"
        "  line 200: one column instead of 61"
    )
    monkeypatch.setattr(exports, "BLOCK", 1000)
    write(file, [gdelt(code="?")] * 200)
    assert int(re.findall(r"lines: (\d+) of", failure(file))[0]) < 10  # it is not read to its end
    assert "has a line that is too long; allowed: 1,000 bytes" in failure(write(file, [gdelt(), "x" * 3000, gdelt()]))


# --- files that are none


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "is empty"),
        (b"\n\r\n", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        ("some words", "is of no known format: its lines have one column set apart by tabs; expected is an export of"),
        ("\t" * 15, "is of no known format: its lines have 16 columns"),  # mentions of GDELT
        (b"\x00\x01\r\x02", "is of no known format"),
        ("a\tb".encode("utf-16"), "is of no known format"),
        (
            "\t".join(name for name in POLECAT if "Country" not in name),
            "is of no known format: its lines have 37",
        ),
        (
            ",".join(name for name in POLECAT if name != "Event Mode"),
            "is of no known format: its lines have one column",
        ),
    ],
)
def test_file_that_is_none(tmp_path: Path, raw: str | bytes, message: str) -> None:
    (tmp_path / "file").write_bytes(raw.encode() if isinstance(raw, str) else raw)
    assert failure(tmp_path / "file").startswith(message)


def test_no_file(tmp_path: Path) -> None:
    assert failure(tmp_path / "none.csv") == "is missing; name a file with events"
    assert failure(tmp_path) == "is a folder; name a file with events"


def test_names_of_places_may_be_in_another_encoding(tmp_path: Path) -> None:
    _, report = count_file(
        write(tmp_path / "file", [b"\xef\xbb\xbf" + gdelt().encode().replace("ō".encode(), b"\xf4")])
    )
    assert (report.kept, len(report.malformed)) == (1, 0)


# --- several files

COUNTS = st.lists(
    st.tuples(
        st.sampled_from([("JPN", "CHN"), ("CHN", "JPN"), ("USA", "CHN")]),
        st.sampled_from(["2024-01-01", "2024-04-01"]),
        st.sampled_from([("plover", "ACCUSE"), ("plover", "CONSULT/Visit"), ("cameo_goldstein", "042")]),
        st.integers(1, 10**12),
    ),
    max_size=6,
).map(lambda rows: exports.counts_frame((*pair, day, *code, n) for pair, day, code, n in rows))


@settings(max_examples=30, deadline=None)
@given(one=COUNTS, two=COUNTS, three=COUNTS)
def test_merging_is_associative(one: pd.DataFrame, two: pd.DataFrame, three: pd.DataFrame) -> None:
    whole = merge_counts([one, two, three])
    assert_frame_equal(merge_counts([merge_counts([one, two]), three]), whole)
    assert_frame_equal(merge_counts([one, merge_counts([three, two])]), whole)
    assert not whole.duplicated(exports.KEYS).any()
    assert whole["signals"].sum() == sum(frame["signals"].sum() for frame in (one, two, three))
    assert_frame_equal(merge_counts([merge_counts([]), whole]), whole)


def test_several_files_are_added_up_anywhere(tmp_path: Path) -> None:
    files = [write(tmp_path / f"{n}.csv", [gdelt(code="042"), gdelt(code="111")]) for n in range(2)]
    files.append(write(tmp_path / "polecat", [polecat()], "\t".join(POLECAT)))
    for count, scheduler in ((1, None), (2, None), (2, "local")):
        with workers.open_pool(count, scheduler) as pool:
            together, reports = exports.count_files(files, pool)
        assert [report.file for report in reports] == files
        assert_frame_equal(together, merge_counts(count_file(file)[0] for file in files))
    with pytest.raises(ParameterError, match="named twice"):
        exports.count_files([files[0], tmp_path / "." / "0.csv"], pool)


def test_the_command_gives_the_indices_of_an_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from analysis.cli import command

    lines = [gdelt(code=code) for code in ("042", "111", "042")]
    assert command.main(["signals", "--events", str(write(tmp_path / "a.csv", lines)), "--json"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert len(found["directions"]) == 6  # the hand-coded signals
    assert found["machine_coded"]["scales_agree"] is None
    [row] = found["machine_coded"]["directions"]
    assert (row["cameo_goldstein"]["signals"], row["cameo_goldstein"]["cooperative"]) == (3, 2)
    assert "3 lines read, 3 kept" in err


def test_the_command_sets_both_beside_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from analysis.cli import command

    file = str(write(tmp_path / "a.csv", [gdelt(code="042")]))
    assert command.main(["signals", "--dyad", "JPN-CHN", "--events", file]) == 0
    out = capsys.readouterr().out
    assert out.index("coded by hand") < out.index("coded by machine")
    assert command.main(["signals", "--dyad", "JPN-USA", "--events", file]) == 1
    assert "the files hold no event of these states" in capsys.readouterr().err


def test_the_worked_example_of_the_page_gives_what_it_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from analysis.cli import command

    page = (paths.BOOK / "foreign-events.md").read_text(encoding="utf-8")
    section = page.partition("## A file to try")[2].partition("\n## ")[0]
    [script, shown] = re.findall(r"```(?:sh|text)\n(.*?)```", section, re.DOTALL)
    parts = re.fullmatch(r"python - > small\.csv <<'END'\n(.*)\nEND\nbalancing-act (.*)\n", script, re.DOTALL)
    assert parts
    made, call = parts.groups()
    monkeypatch.chdir(tmp_path)
    lines = subprocess.run([sys.executable, "-c", made], capture_output=True, check=True).stdout
    Path("small.csv").write_bytes(lines)
    assert command.main(shlex.split(call)) == 0
    out, err = capsys.readouterr()
    read, result = shown.split("\n\n", 1)
    assert read in err
    assert out.partition("coded by machine")[2].strip() == result.removeprefix("coded by machine").strip()
