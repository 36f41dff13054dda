"""Steps S2 and S3: provisions of the statement, who speaks in them, what the article reports; the outline."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.core.wording import listing, the

# subjects by which the article may select, with their domain tag
SUBJECTS = {"defense": "defense", "regional partners": "minilateral", "Taiwan": "Taiwan", "North Korea": "North Korea"}


def article_reports(provisions: pd.DataFrame, claim_provisions: pd.DataFrame) -> pd.DataFrame:
    """Return the provisions with column told: told, partly told or left out, after the claims that report them.

    Links of relation evidence do not count: there a checker used the provision, the article does not report it.
    """
    reported = claim_provisions[claim_provisions["relation"] != "evidence"]
    whole = set(reported.loc[reported["relation"] == "told", "provision_id"])
    some = set(reported["provision_id"])
    told = ["told" if p in whole else "partly told" if p in some else "left out" for p in provisions["provision_id"]]
    return provisions.assign(told=told)


def provision_places(provisions: pd.DataFrame) -> pd.DataFrame:
    """Provisions with column place: 1, 2, … within their pillar, in the order of the text."""
    return provisions.assign(place=provisions.groupby("pillar", observed=True).cumcount() + 1)


def tagged(provisions: pd.DataFrame, tag: str) -> pd.DataFrame:
    """The provisions that carry a domain tag."""
    return provisions[[tag in tags for tags in provisions["domain_tags"]]]


def speakers(provisions: pd.DataFrame, actors: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Provisions with column speaker: the name of the state that acts alone, otherwise both."""
    states = actors.groupby("provision_id")["state"].agg(lambda codes: ";".join(sorted(codes)))
    return provisions.assign(speaker=provisions["provision_id"].map(states).map(dict(names)).fillna("both"))


def speaker_acts(spoken: pd.DataFrame) -> pd.DataFrame:
    """How many provisions each speaker has for each speech act, from the frame of `speakers`.

    Columns: speech_act, speaker, provisions.
    """
    acts = spoken.assign(speech_act=spoken["speech_act"].astype("object"))
    return acts.groupby(["speech_act", "speaker"]).size().rename("provisions").reset_index()


def most_alone(acts: pd.DataFrame) -> str:
    """Who speaks most often alone, and how: "the United States most often, to welcome"; empty where nobody does.

    Takes the frame of `speaker_acts`.
    """
    alone = acts[acts["speaker"] != "both"].sort_values("provisions", ascending=False, kind="stable")
    return "" if alone.empty else f"{the(alone['speaker'].iloc[0])} most often, to {alone['speech_act'].iloc[0]}"


def told_by_subject(provisions: pd.DataFrame) -> pd.DataFrame:
    """Return how much of each subject the article reports. Takes provisions with column reported.

    Columns: subject, reported, provisions, told (more or less than of the whole statement, or as much).
    """
    parts = {name: tagged(provisions, tag) for name, tag in SUBJECTS.items()}
    parts["the economic part"] = provisions[provisions["pillar"] == "prosperity"]
    rows = [(name, int(part["reported"].sum()), len(part)) for name, part in parts.items() if len(part)]
    table = pd.DataFrame(rows, columns=["subject", "reported", "provisions"])
    above = table["reported"] / table["provisions"] - provisions["reported"].mean()
    return table.assign(told=np.where(above > 0, "more", np.where(above < 0, "less", "as much")))


def told_reading(subjects: pd.DataFrame) -> str:
    """Return whether the article selects by subject, in a sentence. Takes the frame of `told_by_subject`."""
    more, less = (listing(list(subjects.loc[subjects["told"] == word, "subject"])) for word in ("more", "less"))
    if not less:
        return "It reports no subject less than the statement at large."
    return f"It reports more of {more or 'no subject'} than of the statement at large, and less of {less}."


def approaches_reading(sections: pd.DataFrame) -> str:
    """Return whether the strategy has the three approaches that the article names, in its order, in words.

    Takes `strategy_sections`. Another number, or another order in the text, refutes it.
    """
    there = sections[(sections["level"] == 2) & (sections["approach"] > 0)].sort_values("corpus_line")["approach"]
    if list(there) == [1, 2, 3]:
        return "exactly the three approaches that the article names, in its order"
    if sorted(there) == [1, 2, 3]:
        return "the three approaches that the article names, in another order"
    return "other approaches than the three that the article names"


def section_paragraphs(sections: pd.DataFrame, paragraphs: int, *, level: int) -> pd.DataFrame:
    """Length of the sections at one level of the outline, in paragraphs, in the order of the text.

    In the normalised text every heading and every paragraph is one line with an empty line after it, so a section
    that starts on line a and ends before line b has (b - a) / 2 blocks; the headings inside it are taken off.
    `paragraphs` is the number of paragraphs of the whole document, which gives the end of the last section. Text
    before the first section of a chapter counts as a row of its own, labelled with the chapter.

    Columns: section_id, label, approach, paragraphs.
    """
    lines = sections.dropna(subset=["corpus_line"]).astype({"corpus_line": "int64"}).sort_values("corpus_line")
    headings = lines["corpus_line"].to_list()
    chosen = lines[lines["level"] <= level]
    starts = chosen["corpus_line"].to_list()
    stops = [*starts[1:], 2 * (paragraphs + len(lines)) + 1]
    rows = []
    for row, start, stop in zip(chosen.itertuples(), starts, stops, strict=True):
        inside = sum(start <= line < stop for line in headings)
        rows.append((row.section_id, f"{row.section_id}  {row.heading}", row.approach, (stop - start) // 2 - inside))
    table = pd.DataFrame(rows, columns=["section_id", "label", "approach", "paragraphs"])
    return table[table["paragraphs"] > 0].reset_index(drop=True)
