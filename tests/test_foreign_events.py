"""Counting the events of GDELT and POLECAT exports; the samples are made here."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import re
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from analysis.core.errors import DataError, ParameterError
from analysis.data.tables import load
from analysis.runs import workers
from analysis.signals import export_counts, export_formats, export_streams, export_tables, exports
from analysis.signals.export_events import known_codes, read_counts
from analysis.signals.export_tables import Report, merge_counts

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


def counts(file: Path, **options: object) -> tuple[pd.DataFrame, Report]:
    return read_counts(file, progress=False, **options)  # type: ignore[arg-type]


def rows(frame: pd.DataFrame) -> list[tuple[str, str, str, str, str, int]]:
    """The rows of a frame of counts, with the quarter as text."""
    quarters = frame["period"].dt.strftime("%Y-%m-%d")
    return list(frame.assign(period=quarters).itertuples(index=False, name=None))


def failure(file: Path, **options: object) -> str:
    with pytest.raises(DataError) as caught:
        counts(file, **options)
    assert str(caught.value).startswith(str(file))
    return str(caught.value).removeprefix(str(file)).strip()


# --- GDELT


def test_gdelt_places_of_the_codebook() -> None:
    assert (len(GDELT), len(GDELT1)) == (61, 58)
    used = ["SQLDATE", "Actor1CountryCode", "Actor2CountryCode", "EventCode"]
    places = [export_formats.SQLDATE, export_formats.ACTOR1_COUNTRY, export_formats.ACTOR2_COUNTRY]
    assert [GDELT.index(name) for name in used] == [*places, export_formats.EVENT_CODE] == [1, 7, 17, 26]
    assert [GDELT1.index(name) for name in used] == [1, 7, 17, 26]


def test_gdelt(tmp_path: Path) -> None:
    lines = [
        gdelt(),
        gdelt(day="20240630"),
        gdelt(day="20240701"),
        gdelt("JPN", "USA", code="042"),
        gdelt("USA", "CHN", code="0874"),
        gdelt("CHN", "CHN"),  # towards itself
        gdelt("CHN", "KOR"),
        gdelt("", "JPN"),
        gdelt("HKG", "JPN"),
    ]
    file = write(tmp_path / "20240405.export.CSV", lines)
    frame, report = counts(file)
    assert rows(frame) == [
        ("CHN", "JPN", "2024-04-01", "cameo_goldstein", "112", 2),
        ("CHN", "JPN", "2024-07-01", "cameo_goldstein", "112", 1),
        ("JPN", "USA", "2024-04-01", "cameo_goldstein", "042", 1),
        ("USA", "CHN", "2024-04-01", "cameo_goldstein", "0874", 1),
    ]
    assert frame.dtypes.astype(str).to_dict() == {
        **dict.fromkeys(["source", "target", "scale", "code"], "object"),
        "period": "datetime64[ns]",
        "signals": "int64",
    }
    assert report == Report(file, "gdelt2", lines=9, kept=5, outside=4, bad=0, first_bad=())


@pytest.mark.parametrize("columns", [57, 58])
def test_gdelt_of_version_1(tmp_path: Path, columns: int) -> None:
    frame, report = counts(write(tmp_path / "file", [gdelt(names=GDELT1[:columns])] * 3))
    assert rows(frame) == [("CHN", "JPN", "2024-04-01", "cameo_goldstein", "112", 3)]
    assert report.format == "gdelt1"


def test_code_without_a_score_counts_as_the_one_above(tmp_path: Path) -> None:
    known = set(load("scales")["code"])
    assert {"023", "0874"} <= known
    assert "0233" not in known
    frame, report = counts(write(tmp_path / "file", [gdelt(code="0233"), gdelt(code="023"), gdelt(code="0874")]))
    assert frame.set_index("code")["signals"].to_dict() == {"023": 2, "0874": 1}
    assert report.bad == 0


def test_every_code_of_the_scale_keeps_its_zeros(tmp_path: Path) -> None:
    scales = load("scales")
    codes = sorted(scales.loc[scales["scale"] == "cameo_goldstein", "code"])
    frame, _ = counts(write(tmp_path / "file", (gdelt(code=code) for code in codes)))
    assert list(frame["code"]) == codes


# --- POLECAT


def test_polecat(tmp_path: Path) -> None:
    lines = [
        polecat(),
        polecat(mode="None"),
        polecat(mode="denounce"),  # no mode of the scale
        polecat(kind="COERCE", mode="martial-law"),
        polecat("United States", "China", kind="CONSULT", mode="third-party"),
        polecat("USA", "CHN", kind="consult", mode="CONSULT-visit"),
        polecat("Japan", "Japan"),
        polecat("China", "None"),
        polecat("Taiwan", "Japan"),
    ]
    file = write(tmp_path / "ngecEventsDV-2024-Apr.txt", lines, "\t".join(POLECAT))
    frame, report = counts(file)
    assert rows(frame) == [
        ("CHN", "JPN", "2024-04-01", "plover", "ACCUSE", 2),
        ("CHN", "JPN", "2024-04-01", "plover", "ACCUSE/Disapprove", 1),
        ("CHN", "JPN", "2024-04-01", "plover", "COERCE/Martial-law", 1),
        ("USA", "CHN", "2024-04-01", "plover", "CONSULT/Third-party", 1),
        ("USA", "CHN", "2024-04-01", "plover", "CONSULT/Visit", 1),
    ]
    assert report == Report(file, "polecat", lines=9, kept=6, outside=3, bad=0, first_bad=())


def test_every_plover_code_comes_back(tmp_path: Path) -> None:
    scales = load("scales")
    known = scales[scales["scale"] == "plover"]
    lines = [polecat(kind=row.category, mode=row.mode.lower() or "None") for row in known.itertuples()]
    frame, _ = counts(write(tmp_path / "file", lines, "\t".join(POLECAT)))
    assert list(frame["code"]) == sorted(known["code"])


def test_several_states_count_once_in_each_direction(tmp_path: Path) -> None:
    lines = [polecat("China; Russia; China", "Japan; United States|China", mode="None")]
    frame, report = counts(write(tmp_path / "file", lines, "\t".join(POLECAT)))
    assert rows(frame) == [
        ("CHN", "JPN", "2024-04-01", "plover", "ACCUSE", 1),
        ("CHN", "USA", "2024-04-01", "plover", "ACCUSE", 1),
    ]
    assert (report.lines, report.kept) == (1, 1)


def test_first_known_mode_counts(tmp_path: Path) -> None:
    lines = [polecat(kind="CONSULT", mode="talk|phone; visit")]
    frame, _ = counts(write(tmp_path / "file", lines, "\t".join(POLECAT)))
    assert list(frame["code"]) == ["CONSULT/Phone"]


def test_polecat_with_commas(tmp_path: Path) -> None:
    names = POLECAT[1:]  # a mark of the byte order stands before a column that is used
    line = polecat(delimiter=",", names=names).replace("NGEC", '"NGEC, ""v1"""')
    frame, report = counts(write(tmp_path / "file", [line], "\ufeff" + ",".join(names)))
    assert rows(frame) == [("CHN", "JPN", "2024-04-01", "plover", "ACCUSE/Disapprove", 1)]
    assert (report.lines, report.bad) == (1, 0)


def test_columns_may_stand_in_another_order(tmp_path: Path) -> None:
    names = sorted(POLECAT)
    frame, _ = counts(write(tmp_path / "file", [polecat(names=names)], "\t".join(names)))
    assert rows(frame) == [("CHN", "JPN", "2024-04-01", "plover", "ACCUSE/Disapprove", 1)]


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("\t".join([*POLECAT, "", ""]), polecat()),
        ("\t".join(POLECAT), polecat() + "\t\t"),
        ("\t".join(["Headline", *POLECAT, "Story ID"]), polecat()),
        ("\t".join(POLECAT), polecat().replace("None", '"None', 1)),
        ("\t".join(POLECAT), polecat().replace("NGEC", '"NG\tEC"')),
        ("\t".join(POLECAT), polecat() + "\r"),
    ],
    ids=["tabs in the header", "tabs in a line", "names without columns", "lone quote", "quoted tab", "CRLF"],
)
def test_known_quirks_of_polecat(tmp_path: Path, header: str, line: str) -> None:
    frame, report = counts(write(tmp_path / "file", [line], header))
    assert rows(frame) == [("CHN", "JPN", "2024-04-01", "plover", "ACCUSE/Disapprove", 1)]
    assert report.bad == 0


# --- days


def test_days_outside(tmp_path: Path) -> None:
    file = write(tmp_path / "file", [gdelt(day=day) for day in ("20240331", "20240401", "20240630", "20240701")])
    frame, report = counts(file, first=pd.Timestamp("2024-04-01"), last=pd.Timestamp("2024-06-30"))
    assert rows(frame) == [("CHN", "JPN", "2024-04-01", "cameo_goldstein", "112", 2)]
    assert (report.lines, report.kept, report.outside) == (4, 2, 2)
    later, _ = counts(file, first=pd.Timestamp("2024-07-01"))
    assert list(later["signals"]) == [1]


def test_nothing_within_gives_an_empty_frame(tmp_path: Path) -> None:
    file = write(tmp_path / "file", [gdelt()])
    whole, _ = counts(file)
    frame, report = counts(file, last=pd.Timestamp("2020-01-01"))
    assert len(frame) == 0
    assert frame.dtypes.equals(whole.dtypes)
    assert (report.kept, report.outside) == (0, 1)


def test_days_and_share_that_make_no_sense(tmp_path: Path) -> None:
    file = write(tmp_path / "file", [gdelt()])
    with pytest.raises(ParameterError, match=r"^last: 2024-01-01 comes before first, 2024-02-01$"):
        counts(file, first=pd.Timestamp("2024-02-01"), last=pd.Timestamp("2024-01-01"))
    for share in (-0.1, 1.1, float("nan")):
        with pytest.raises(ParameterError, match="not a share from 0 to 1"):
            counts(file, largest_bad_share=share)


# --- packing


def as_zip(raw: bytes, path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("20240405.export.CSV", raw)


PACKINGS: dict[str, Callable[[bytes, Path], object]] = {
    "plain": lambda raw, path: path.write_bytes(raw),
    "gzip": lambda raw, path: path.write_bytes(gzip.compress(raw)),
    "two gzips": lambda raw, path: path.write_bytes(gzip.compress(raw[:100]) + gzip.compress(raw[100:])),
    "bzip2": lambda raw, path: path.write_bytes(bz2.compress(raw)),
    "xz": lambda raw, path: path.write_bytes(lzma.compress(raw)),
    "zip": as_zip,
}


@pytest.mark.parametrize("pack", PACKINGS.values(), ids=PACKINGS)
@pytest.mark.parametrize("name", ["events.csv", "events.gz"])
def test_packed_files_are_told_by_their_content(
    tmp_path: Path, name: str, pack: Callable[[bytes, Path], object]
) -> None:
    plain = write(tmp_path / "plain", [gdelt(), "short", gdelt("JPN", "CHN", code="010")] * 5)
    pack(plain.read_bytes(), tmp_path / name)
    expected, told = counts(plain, largest_bad_share=0.5)
    frame, report = counts(tmp_path / name, largest_bad_share=0.5)
    assert_frame_equal(frame, expected)
    assert (report.lines, report.kept, report.bad) == (told.lines, told.kept, told.bad) == (15, 10, 5)
    assert report.first_bad[0][0] == 2


def test_archive_of_several_files(tmp_path: Path) -> None:
    header = "\t".join(POLECAT)
    with zipfile.ZipFile(tmp_path / "2024.zip", "w") as archive:
        archive.mkdir("2024")
        archive.writestr("2024/Jan.txt", f"{header}\n{polecat(day='2024-01-05')}\nbroken\n")
        archive.writestr("2024/Apr.txt", f"{header}\n{polecat()}\n")
        archive.writestr("MANIFEST.TXT", "2024/Jan.txt\n")
        archive.writestr("__MACOSX/2024/Jan.txt", "no events")
        archive.writestr("2024/.hidden", "no events")
    frame, report = counts(tmp_path / "2024.zip", largest_bad_share=0.5)
    assert list(frame["period"].dt.month) == [1, 4]
    assert report.first_bad == ((3, "2024/Jan.txt: one column instead of 40"),)


def test_archive_that_cannot_be_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "events.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a", gdelt())
        archive.writestr("b", "\t".join(POLECAT) + "\n" + polecat())
    assert failure(file) == "holds files of different formats (gdelt2, polecat); read them apart"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.gz", gzip.compress(gdelt().encode()))
    assert failure(file) == "holds a.gz, which is packed itself; unpack the archive first"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a", gdelt())
        archive.writestr("b", "some words")
    assert failure(file).startswith("holds b, which is of no known format: its lines have one column set apart by tabs")
    with zipfile.ZipFile(file, "w") as archive:
        archive.mkdir("folder")
    assert failure(file) == "is empty"
    raw = bytearray()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a", gdelt())
    raw += file.read_bytes()
    raw[6] |= 1  # the flag of a lock, in both places where an archive keeps it
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    file.write_bytes(raw)
    assert failure(file) == "holds a, which is locked with a password"


@pytest.mark.parametrize("pack", [p for name, p in PACKINGS.items() if name not in ("plain", "two gzips")])
def test_packed_file_that_was_cut_off(tmp_path: Path, pack: Callable[[bytes, Path], object]) -> None:
    numbers = random.Random(1)
    lines = [gdelt() + str(numbers.random()) for _ in range(2000)]
    file = tmp_path / "events"
    pack("\n".join(lines).encode(), file)
    file.write_bytes(file.read_bytes()[:-500])
    assert failure(file).startswith("cannot be read (")


# --- malformed lines


BAD: dict[str, tuple[str | bytes, str]] = {
    "too few columns": (gdelt(names=GDELT[:60]), "60 columns instead of 61"),
    "too many columns": (gdelt() + "\t", "62 columns instead of 61"),
    "only tabs": ("\t" * 60, "no date: the cell is empty"),
    "no such day": (gdelt(day="20240230"), "no date: “20240230”"),
    "day 0": (gdelt(day="20240100"), "no date: “20240100”"),
    "far day": (gdelt(day="00010101"), "no date: “00010101”"),
    "other form": (gdelt(day="2024-04-05"), "no date: “2024-04-05”"),
    "other digits": (gdelt(day="٢٠٢٤٠٤٠٥"), "no date: “٢٠٢٤٠٤٠٥”"),
    "unknown code": (gdelt(code="---"), "no known CAMEO code: “---”"),
    "code without zero": (gdelt(code="42"), "no known CAMEO code: “42”"),
    "code of four digits": (gdelt(code="9991"), "no known CAMEO code: “9991”"),
    "code too long": (gdelt(code="02331"), "no known CAMEO code: “02331”"),
    "not UTF-8": (gdelt().encode().replace("ō".encode(), b"\xf4"), "byte 0xf4 is not UTF-8"),
    "other states": (gdelt("FRA", "DEU", code=""), "no known CAMEO code: the cell is empty"),
}


@pytest.mark.parametrize(("line", "reason"), BAD.values(), ids=BAD)
def test_malformed_line_is_counted_with_its_number(tmp_path: Path, line: str | bytes, reason: str) -> None:
    file = write(tmp_path / "file", [gdelt(), "", line, gdelt()])
    frame, report = counts(file, largest_bad_share=0.5)
    assert list(frame["signals"]) == [2]
    assert (report.lines, report.kept, report.outside, report.bad) == (3, 2, 0, 1)
    assert report.first_bad == ((3, reason),)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (polecat(kind="CRIME"), "no known PLOVER type: “CRIME”"),
        (polecat(kind="CONSULT/Visit"), "no known PLOVER type: “CONSULT/Visit”"),
        (polecat(kind=""), "no known PLOVER type: the cell is empty"),
        (polecat(day="None"), "no date: “None”"),
        (polecat(day="20240405"), "no date: “20240405”"),
        (polecat(names=POLECAT[:-1]), "39 columns instead of 40"),
        (polecat() + "\tmore", "41 columns instead of 40"),
        (polecat() + '\t\r"', "41 columns instead of 40"),
    ],
)
def test_malformed_line_of_polecat(tmp_path: Path, line: str, reason: str) -> None:
    _, report = counts(write(tmp_path / "file", [polecat(), line], "\t".join(POLECAT)), largest_bad_share=0.5)
    assert report.bad == 1
    assert report.first_bad == ((3, reason),)  # the header is line 1


def test_ten_malformed_lines_are_kept(tmp_path: Path) -> None:
    file = write(tmp_path / "file", [gdelt(code="?"), gdelt()] * 15)
    _, report = counts(file, largest_bad_share=0.5)
    assert report.bad == 15
    assert [number for number, _ in report.first_bad] == list(range(1, 20, 2))
    shown = str(report).splitlines()
    assert shown[:2] == [
        f"{file} (GDELT 2.0): 30 lines read, 15 kept, 0 outside, 15 malformed",
        "  line 1: no known CAMEO code: “?”",
    ]
    assert shown[10:] == ["  line 19: no known CAMEO code: “?”", "  … and 5 more"]


def test_share_is_judged_at_the_end(tmp_path: Path) -> None:
    file = write(tmp_path / "file", [gdelt()] * 198 + [gdelt(code="?"), gdelt(day="0")])
    assert counts(file)[1].bad == 2
    assert failure(file, largest_bad_share=0.009) == (
        "has too many malformed lines: 2 of 200 read (1.00%, allowed 0.90%):\n"
        "  line 199: no known CAMEO code: “?”\n"
        "  line 200: no date: “0”"
    )
    assert "malformed lines: 1 of 2 read (50.00%, allowed 1.00%)" in failure(write(file, [gdelt(), gdelt(code="?")]))


def test_wrong_file_stops_early(tmp_path: Path) -> None:
    file = write(tmp_path / "file", [gdelt(code="?")] * 20_000)
    assert failure(file).startswith(
        "has too many malformed lines: 1,000 of 1,000 read (100.00%, allowed 1.00%):\n  line 1:"
    )


def test_cluster_of_malformed_lines_is_borne_where_many_are_good(tmp_path: Path) -> None:
    lines = [gdelt(code="?")] * 20 + [gdelt()] * 4000 + [gdelt(code="?")]
    assert counts(write(tmp_path / "file", lines))[1].bad == 21


def test_malformed_first_line_does_not_hide_the_format(tmp_path: Path) -> None:
    _, report = counts(write(tmp_path / "file", ["?", *[gdelt()] * 5]), largest_bad_share=0.2)
    assert (report.format, report.first_bad) == ("gdelt2", ((1, "one column instead of 61"),))


# --- files that are none


@pytest.mark.parametrize("raw", [b"", b"\n\r\n", gzip.compress(b"", mtime=0), bz2.compress(b""), lzma.compress(b"")])
def test_empty_file(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "file").write_bytes(raw)
    assert failure(tmp_path / "file") == "is empty"


def test_file_that_is_none(tmp_path: Path) -> None:
    assert failure(tmp_path / "none.csv") == "is missing; name a file with events"
    assert failure(tmp_path) == "is a folder; name a file with events"
    assert failure(write(tmp_path / "header", ["\t".join(POLECAT)])) == "holds no events"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("some words", "is of no known format: its lines have one column set apart by tabs; expected is an export of"),
        ("a\tb\tc", "is of no known format: its lines have three columns"),
        ("\t" * 15, "is of no known format: its lines have 16 columns"),  # mentions of GDELT
        ('"lone quote', "is of no known format"),
        ("\x00\x01\r\x02", "is of no known format"),
        ("\t".join(name for name in POLECAT if "Country" not in name), "has a header without Actor Country, Recipient"),
        (",".join(name for name in POLECAT if name != "Event Mode"), "has a header without Event Mode; expected"),
    ],
)
def test_unknown_format(tmp_path: Path, text: str, message: str) -> None:
    assert failure(write(tmp_path / "file", [text] * 3)).startswith(message)


# --- memory


def traced(work: Callable[[], object]) -> int:
    """The peak of the memory that Python takes for a piece of work, in bytes."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_counts, "BLOCK", 2**16)
    states = ["CHN", "USA", "KOR", "FRA", "DEU", "GBR", "RUS", "IND", ""]
    lines = [gdelt(state, day=f"2024{month:02}11") for month in range(1, 13) for state in states]
    block = "".join(f"{line}\n" for line in lines).encode()
    (tmp_path / "small").write_bytes(block * 20)
    (tmp_path / "large").write_bytes(block * 2000)
    assert (tmp_path / "large").stat().st_size > 20_000_000
    counts(tmp_path / "small")
    small = traced(lambda: counts(tmp_path / "small"))
    reports: list[Report] = []
    large = traced(lambda: reports.append(counts(tmp_path / "large")[1]))
    assert reports[0].lines == 216_000
    assert large < 2_000_000
    assert large < 1.5 * small


def test_memory_does_not_grow_with_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_counts, "BLOCK", 2**16)
    long = b"x" * 30_000_000
    file = write(tmp_path / "file", [gdelt(), long, gdelt(), gdelt().encode() + long])
    reports: list[Report] = []
    peak = traced(lambda: reports.append(counts(file, largest_bad_share=0.5)[1]))
    assert reports[0].first_bad == ((2, "longer than 100,000 bytes"), (4, "longer than 100,000 bytes"))
    assert reports[0].kept == 2
    assert peak < 2_000_000


# --- parts and order

LINES = st.builds(
    gdelt,
    source=st.sampled_from(["JPN", "CHN", "USA", "KOR", ""]),
    target=st.sampled_from(["JPN", "CHN", "USA"]),
    day=st.sampled_from(["20231231", "20240101", "20240401", "20240431"]),
    code=st.sampled_from(["042", "0421", "010", "10", "?"]),
)


@settings(max_examples=30, deadline=None)
@given(lines=st.lists(LINES, min_size=2, max_size=30), data=st.data())
def test_parts_add_up_to_the_whole(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    cut = data.draw(st.integers(1, len(lines) - 1))
    whole, report = counts(write(folder / "whole", lines), largest_bad_share=1)
    parts = [counts(write(folder / "part", part), largest_bad_share=1) for part in (lines[:cut], lines[cut:])]
    assert_frame_equal(merge_counts(frame for frame, _ in parts), whole)
    assert_frame_equal(merge_counts([parts[1][0], parts[0][0]]), whole)
    assert sum(part.lines for _, part in parts) == report.lines == report.kept + report.outside + report.bad
    assert sum(part.bad for _, part in parts) == report.bad
    shuffled, told = counts(write(folder / "other", data.draw(st.permutations(lines))), largest_bad_share=1)
    assert_frame_equal(shuffled, whole)
    assert (told.kept, told.outside, told.bad) == (report.kept, report.outside, report.bad)
    assert whole["signals"].sum() == report.kept  # GDELT has one direction a line


COUNTS = st.lists(
    st.tuples(
        st.sampled_from([("JPN", "CHN"), ("CHN", "JPN"), ("USA", "CHN")]),
        st.sampled_from(["2024-01-01", "2024-04-01"]),
        st.sampled_from([("plover", "ACCUSE"), ("plover", "CONSULT/Visit"), ("cameo_goldstein", "042")]),
        st.integers(1, 10**12),
    ),
    max_size=6,
).map(lambda rows: export_tables.counts_frame((*pair, day, *code, n) for pair, day, code, n in rows))


@settings(max_examples=30, deadline=None)
@given(one=COUNTS, two=COUNTS, three=COUNTS)
def test_merging_is_associative(one: pd.DataFrame, two: pd.DataFrame, three: pd.DataFrame) -> None:
    whole = merge_counts([one, two, three])
    assert_frame_equal(merge_counts([merge_counts([one, two]), three]), whole)
    assert_frame_equal(merge_counts([one, merge_counts([three, two])]), whole)
    assert_frame_equal(merge_counts([whole]), whole)
    assert not whole.duplicated(export_tables.KEYS).any()
    assert whole["signals"].sum() == sum(frame["signals"].sum() for frame in (one, two, three))


def test_merging_nothing() -> None:
    empty = merge_counts([])
    assert len(empty) == 0
    assert list(empty) == ["source", "target", "period", "scale", "code", "signals"]
    assert_frame_equal(merge_counts([empty, empty]), empty)


def test_both_formats_can_be_merged(tmp_path: Path) -> None:
    one, _ = counts(write(tmp_path / "one", [gdelt()]))
    two, _ = counts(write(tmp_path / "two", [polecat()], "\t".join(POLECAT)))
    assert list(merge_counts([one, two])["scale"]) == ["cameo_goldstein", "plover"]


# --- the rest


def test_progress_can_be_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_counts, "BLOCK", 2**16)
    for name, pack in PACKINGS.items():
        pack("\n".join([gdelt()] * 12_000).encode(), tmp_path / "events")
        counts(tmp_path / "events")
        assert capsys.readouterr() == ("", ""), name
        read_counts(tmp_path / "events")
        assert re.search("events: 100%.*B/s", capsys.readouterr().err), name


def test_import_brings_no_progress_bar() -> None:
    code = "import sys, analysis.signals.export_events; print('tqdm' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown == "False\n"


def test_lines_count_from_one_and_all_of_them_may_be_malformed() -> None:
    def refuse(line: str) -> export_formats.Signals:
        raise export_formats.MalformedError(f"no {line}")

    tally = export_tables.Tally()
    export_tables.count_lines([b"x\n", b"\n", b"y\n"] + [b"z\n"] * export_tables.ENOUGH, refuse, tally)
    assert [(number, reason.strip()) for number, reason in tally.first_bad[:2]] == [(1, "no x"), (3, "no y")]
    assert tally.bad == tally.lines == export_tables.ENOUGH + 2
    one = [(1, "no x")]
    assert export_tables.list_bad(one, 1) == "\n  line 1: no x"
    assert export_tables.list_bad(one, 1201) == "\n  line 1: no x\n  … and 1,200 more"


GOOD = st.builds(
    lambda day, states, code: gdelt(*states, day=day, code=code).encode(),
    st.sampled_from(["20240105", "20240405", "20240705", "20241231"]),
    st.sampled_from([("JPN", "CHN"), ("CHN", "JPN"), ("USA", "JPN"), ("JPN", "KOR"), ("CHN", "CHN"), ("", "")]),
    st.sampled_from(["010", "042", "0421", "112", "1121"]),
)
# cells with all that may be wrong with them
DAYS = ("20240405", "20240230", "2024040", "202404055", "", "2024\x000405", "２０２４０４０５", "2024040\r")
ACTORS = ("JPN", "CHN", "JPN\x00", "jpn", "JPNGOV", "JPNGOVMIL", "\x00JPN", "J\x00PN")
CODES = ("042", "1", "999", "", "042\x00", "０４２", "042 1 2 3 4")
ODD = st.builds(
    lambda day, source, target, code, names, end: gdelt(source, target, day, code, names).encode() + end,
    *(st.sampled_from(cells) for cells in (DAYS, ACTORS, ACTORS, CODES)),
    st.sampled_from([GDELT, GDELT, GDELT, GDELT1, GDELT[:-1]]),
    st.sampled_from([b"", b"", b"\r", b"\xff", b"x" * 300]),
)
LINES = GOOD | GOOD | ODD | st.sampled_from([b"", b"\r", b"\t", b"x" * 900])


@settings(max_examples=200, deadline=None)
@given(
    lines=st.lists(LINES, max_size=12),
    size=st.integers(1, 2000),
    share=st.sampled_from([0.0, 0.3, 1.0]),
    end=st.sampled_from([b"", b"\n", b"\r\n"]),
    days=st.sampled_from([(None, None), ("2024-05-01", None), (None, "2024-05-01"), ("2024-04-05", "2024-04-05")]),
)
def test_lines_counted_together_are_those_counted_one_by_one(
    lines: list[bytes], size: int, share: float, end: bytes, days: tuple[str | None, str | None]
) -> None:
    content = b"\n".join(lines) + end
    first, last = (day and pd.Timestamp(day) for day in days)
    read = export_formats.GdeltReader(len(GDELT), known_codes()["cameo_goldstein"])

    def tallied(count: Callable[[io.BufferedReader[io.BytesIO], export_tables.Tally], object]) -> object:
        tally = export_tables.Tally(first, last, share)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(export_streams, "LONGEST", 700)
            patch.setattr(export_tables, "ENOUGH", 3)
            patch.setattr(export_counts, "BLOCK", size)
            try:
                number = count(io.BufferedReader(io.BytesIO(content)), tally)  # type: ignore[arg-type]
            except DataError as error:
                return str(error)
        return number, tally

    def one_by_one(stream: io.BufferedReader[io.BytesIO], tally: export_tables.Tally) -> int:
        every = list(export_streams.read_lines(stream))
        export_tables.count_lines(every, read, tally)
        return len(every)

    def together(stream: io.BufferedReader[io.BytesIO], tally: export_tables.Tally) -> int:
        return max([0, *export_counts.count_stream(stream, read, tally)])

    assert tallied(together) == tallied(one_by_one)


def test_sound_lines_are_not_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_counts, "count_lines", lambda *_, **__: pytest.fail("a line was read by itself"))
    read = export_formats.GdeltReader(len(GDELT), known_codes()["cameo_goldstein"])
    lines = [gdelt(), gdelt("JPN", "USA", "20241231", "042"), gdelt("KOR", "JPN")]
    tally = export_tables.Tally()
    assert export_counts.count_block("\n".join(lines).encode(), read, tally) == 3
    assert (tally.kept, tally.outside) == (2, 1)


def read_files(files: list[Path], count: int = 1, scheduler: str | None = None) -> tuple[pd.DataFrame, list[Report]]:
    with workers.open_pool(count, scheduler) as pool:
        return exports.read_files(files, pool, progress=False)


def test_several_files_are_added_up_anywhere(tmp_path: Path) -> None:
    files = [write(tmp_path / f"{n}.csv", [gdelt(code="042"), gdelt(code="111")]) for n in range(3)]
    one, _ = counts(files[0])
    for count, scheduler in ((1, None), (2, None), (2, "local")):
        together, reports = read_files(files, count, scheduler)
        assert [report.file for report in reports] == files
        assert_frame_equal(together, one.assign(signals=one["signals"] * 3))
    alone, _ = read_files(files[:1])
    assert_frame_equal(alone, one)


@pytest.mark.parametrize("size", [1, 7, 100, 1000, 5000, 1_000_000])
def test_a_file_in_parts_is_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Wherever the cuts fall: in a line, on its end, in an empty one, in one that is far too long."""
    monkeypatch.setattr(export_streams, "LONGEST", 1500)
    lines: list[str | bytes] = [gdelt(code=code) for code in ("042", "111", "112")] * 4
    lines[2:2] = ["", "x" * 4000, b"\xff", gdelt(day="20240230")]
    for name, file in {
        "gdelt": write(tmp_path / "gdelt", lines),
        "polecat": write(tmp_path / "polecat", [polecat(), polecat(kind="no"), polecat()], "\t".join(POLECAT)),
    }.items():
        whole = counts(file, largest_bad_share=1)
        monkeypatch.setattr(exports, "PART", size)
        places = exports.ranges(file)
        parts = [exports.count_part(file, *place) for place in places or [(0, file.stat().st_size)]]
        frame, report = exports.joined(file, parts, 1)
        assert report == whole[1], name
        assert_frame_equal(frame, whole[0])
        assert report.bad


def test_too_many_malformed_lines_in_all_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "PART", 500)
    file = write(tmp_path / "a.csv", [gdelt(), "bad"] * 10)
    with pytest.raises(DataError, match=r"a.csv has too many malformed lines: 10 of 20 read"):
        read_files([file])
    PACKINGS["gzip"](file.read_bytes(), tmp_path / "packed")
    assert exports.ranges(tmp_path / "packed") == []
    assert exports.jobs_in([file, tmp_path / "packed"]) == len(exports.ranges(file)) + 1 > 2


def test_a_file_named_twice_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", [gdelt()])
    with pytest.raises(ParameterError, match="named twice"):
        read_files([file, tmp_path / "." / "a.csv"])
    with pytest.raises(DataError, match=r"no.csv is missing"):
        exports.jobs_in([tmp_path / "no.csv"])


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
