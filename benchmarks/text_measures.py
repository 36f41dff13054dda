"""Speed and memory of the text measures beside the plain way, in one run on one machine.

    make bench

Each job runs several times in a process of its own. The plain way is scikit-learn for each pair and each specification,
and the package krippendorff in a loop; where it would take hours, a random sample is timed and the time of all is
projected from it, as the column `plain` says. Writes build/bench/text_measures.csv and prints the table.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import pandas as pd

from analysis import paths

STATEMENT, STRATEGY = "us-jpn-2025-02-07", "jpn-nds-2022"
PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn", "krippendorff")
Job = Callable[[], dict[str, Any]]


def timed(work: Callable[[], Any]) -> float:
    """Seconds that the work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _source() -> Any:
    from analysis.pair import load_source

    return load_source()


def _plain_scores(specification: Any, pairs: list[tuple[str, str]], draws: int) -> None:
    """Scores of some pairs by scikit-learn: fit, then for each pair transform, compare and, where asked, draw."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.metrics.pairwise import cosine_similarity

    from analysis.scores import base_rows, drawn_passages, in_unit

    source = _source()
    passages = in_unit(source.features, source.documents, source.terms, specification.unit, mask=specification.mask)
    base = np.flatnonzero(base_rows(passages.frame, specification.idf_base))
    weights = TfidfTransformer(sublinear_tf=True).fit(passages.counts[base])
    rng, drawn = np.random.default_rng(1), drawn_passages(passages.frame)
    for statement, strategy in pairs:
        a = weights.transform(passages.counts[passages.rows(statement)])
        b = weights.transform(passages.counts[passages.rows(strategy)])
        similarity = cosine_similarity(a, b)
        similarity.max(axis=1).mean()
        for _ in range(draws):
            similarity[:, rng.choice(similarity.shape[1], drawn, replace=False)].max(axis=1).mean()


def _some_pairs(many: int) -> list[tuple[str, str]]:
    import numpy as np

    from analysis import documents

    table = _source().documents
    rng = np.random.default_rng(2)
    statements, strategies = documents.ids(table, "statement"), documents.ids(table, "strategy")
    return [(str(rng.choice(statements)), str(rng.choice(strategies))) for _ in range(many)]


def matrix_with_draws() -> dict[str, Any]:
    """44 x 46 scores in 200 single length-matched draws."""
    from analysis import documents
    from analysis.scores import base_rows, drawn_scores, in_unit
    from analysis.similarity import represent

    source = _source()
    statements, strategies = (documents.ids(source.documents, kind) for kind in ("statement", "strategy"))

    def ours() -> None:
        passages = in_unit(source.features, source.documents, source.terms, "sentence", mask=True)
        made = represent("tfidf", passages.counts, base_rows(passages.frame, "all"))
        drawn_scores(passages, made, statements, strategies, draws=200, seed=1)

    from analysis.specifications import Specification

    pairs = _some_pairs(40)
    _plain_scores(Specification(), [], 0)  # imports are not part of the comparison
    fit = timed(lambda: _plain_scores(Specification(), [], 0))
    sampled = timed(lambda: _plain_scores(Specification(), pairs, 200)) - fit
    every = len(statements) * len(strategies)
    return {
        "ours": timed(ours),
        "plain_seconds": fit + sampled * every / len(pairs),
        "plain": f"{len(pairs)} of {every} pairs",
    }


def matrix_in_closed_form() -> dict[str, Any]:
    """44 x 46 scores, length matched by the mean over all draws."""
    from analysis.specifications import Specification

    source = _source()
    return {"ours": timed(lambda: source.scores(Specification())), "plain_seconds": None, "plain": "no plain way"}


def specification_curve() -> dict[str, Any]:
    """The whole specification curve, 448 specifications of 44 x 46 pairs."""
    import numpy as np

    from analysis.specifications import EMBEDDINGS, all_specifications, curve

    source = _source()
    every = all_specifications()
    ours = timed(lambda: curve(source, STATEMENT, STRATEGY))
    lexical = [s for s in every if s.representation != EMBEDDINGS]
    rng = np.random.default_rng(3)
    chosen = [lexical[i] for i in rng.choice(len(lexical), 4, replace=False)]
    pairs = _some_pairs(20)
    seconds = 0.0
    _plain_scores(chosen[0], [], 0)  # imports are not part of the comparison
    for s in chosen:
        fit = timed(lambda s=s: _plain_scores(s, [], 0))  # type: ignore[misc]
        sampled = timed(lambda s=s: _plain_scores(s, pairs, 200 if s.length_matched else 0)) - fit  # type: ignore[misc]
        seconds += fit + sampled * 44 * 46 / len(pairs)
    return {
        "ours": ours,
        "plain_seconds": seconds * len(lexical) / len(chosen),
        "plain": f"{len(chosen)} of {len(lexical)} lexical specifications, {len(pairs)} of {44 * 46} pairs each",
    }


def align_one_pair() -> dict[str, Any]:
    """`align` for one pair with its placebos, residual and 200 single draws, after the start of the command."""
    from analysis.pair import align
    from analysis.specifications import Specification

    source = _source()
    ours = timed(lambda: align(source, STATEMENT, STRATEGY, Specification()))
    pairs = _some_pairs(40)
    _plain_scores(Specification(), [], 0)  # imports are not part of the comparison
    plain = timed(lambda: _plain_scores(Specification(), pairs, 200))
    return {"ours": ours, "plain_seconds": plain * 44 * 46 / len(pairs), "plain": f"{len(pairs)} of {44 * 46} pairs"}


def bootstrap_of_alpha() -> dict[str, Any]:
    """Krippendorff's alpha (ordinal) of strength with 2,000 bootstrap draws."""
    import krippendorff
    import numpy as np

    from analysis.agreement import bootstrap_interval, value_table
    from analysis.tables import load

    values = value_table(load("codings_alignment"), ["provision_id"], "strength")
    ours = timed(lambda: bootstrap_interval(values, "ordinal", draws=2000))
    rng, sample = np.random.default_rng(1), 200

    def plain() -> None:
        for _ in range(sample):
            drawn = values[:, rng.integers(0, values.shape[1], values.shape[1])]
            krippendorff.alpha(drawn, level_of_measurement="ordinal")

    return {"ours": ours, "plain_seconds": timed(plain) * 2000 / sample, "plain": f"{sample} of 2000 draws"}


JOBS: dict[str, Job] = {
    job.__name__: job
    for job in (matrix_with_draws, matrix_in_closed_form, specification_curve, align_one_pair, bootstrap_of_alpha)
}


def main() -> int:
    """Run all jobs, or one in this process (--job)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--job", choices=list(JOBS))
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    if options.job:
        found = JOBS[options.job]()
        found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(found))
        return 0
    rows = []
    for name, job in JOBS.items():
        command = [sys.executable, __file__, "--job", name]
        runs = [
            json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            for _ in range(options.repeats)
        ]
        seconds = [run["ours"] for run in runs]
        plain = [run["plain_seconds"] for run in runs if run["plain_seconds"] is not None]
        rows.append(
            {
                "job": (job.__doc__ or name).strip(),
                "seconds": round(statistics.median(seconds), 2),
                "from": round(min(seconds), 2),
                "to": round(max(seconds), 2),
                "peak_mb": round(max(run["peak_mb"] for run in runs)),
                "plain_seconds": round(statistics.median(plain), 1) if plain else None,
                "times_faster": round(statistics.median(plain) / statistics.median(seconds)) if plain else None,
                "plain": runs[0]["plain"],
            }
        )
    table = pd.DataFrame(rows)
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    target = paths.BUILD / "bench" / "text_measures.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"# {machine}; {versions}; {options.repeats} runs\n{table.to_csv(index=False)}", encoding="utf-8")
    print(f"{machine}; {versions}; {options.repeats} runs\n")
    print(table.to_markdown(index=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
