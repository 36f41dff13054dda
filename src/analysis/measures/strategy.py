"""Step S3: the outline of the National Defense Strategy."""

import pandas as pd


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
