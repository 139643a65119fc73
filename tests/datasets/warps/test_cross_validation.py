from functools import lru_cache

import numpy as np
import polars as pl
import pytest
from tests.datasets.warps.renditions import make_renditions

from subsong.core.errors import SubsongError
from subsong.datasets.warps.config import WarpConfig
from subsong.datasets.warps.cross_validation import build_candidates, choose_warp, cross_validate_warps
from subsong.datasets.warps.scoring import score_warp
from subsong.datasets.warps.warp import null_warp

CANDIDATES = tuple(
    WarpConfig(kind=kind, num_knots=knots, num_iterations=4)
    for kind, knots in (("none", 1), ("shift", 1), ("linear", 1), ("piecewise", 2))
)


@lru_cache
def validate_once(kind: str) -> pl.DataFrame:
    spec_NTF = make_renditions(kind, num=15, num_freq_bins=10, noise=0.1, spread=1.5).spec_NTF
    return cross_validate_warps(spec_NTF, CANDIDATES, num_folds=3)


@pytest.mark.parametrize("kind", ["shift", "linear"])
def test_the_kind_the_renditions_were_made_with_is_chosen(kind: str) -> None:
    assert choose_warp(validate_once(kind)).kind == kind


def test_a_row_holds_a_candidate_and_its_scores() -> None:
    table = validate_once("shift")
    assert table["kind"].to_list() == ["none", "shift", "linear", "piecewise"]
    assert table["behind"].min() == 0.0
    assert (table["test_r2"] < 1).all()
    none, shift = table["test_r2"][:2]
    assert shift > none + 0.1


def test_more_knots_fit_the_training_data_better_and_not_what_was_held_out() -> None:
    table = validate_once("shift")
    shift, piecewise = (table.filter(kind=kind).row(0, named=True) for kind in ("shift", "piecewise"))
    assert piecewise["train_r2"] > shift["train_r2"]
    assert piecewise["validation_r2"] < shift["validation_r2"]


def test_the_same_seed_gives_the_same_table_and_progress_reaches_its_end() -> None:
    spec_NTF = make_renditions("shift", num=6, num_freq_bins=6).spec_NTF
    calls = []
    tables = [
        cross_validate_warps(spec_NTF, CANDIDATES[:2], 3, seed, lambda done, total: calls.append((done, total)))
        for seed in (1, 1, 2)
    ]
    assert tables[0].equals(tables[1])
    assert not tables[0].equals(tables[2])
    assert calls[:6] == [(number, 6) for number in range(1, 7)]


def build_table(rows: list[tuple[str, int, float, float, float]]) -> pl.DataFrame:
    settings = [
        WarpConfig(kind=kind, num_knots=knots, warp_penalty=penalty).model_dump() for kind, knots, penalty, *_ in rows
    ]
    return pl.DataFrame(settings).with_columns(
        behind=pl.Series([row[3] for row in rows]), behind_se=pl.Series([row[4] for row in rows])
    )


def test_the_simplest_warp_within_one_standard_error_is_chosen() -> None:
    table = build_table(
        [
            ("none", 1, 0.01, 0.30, 0.01),
            ("linear", 1, 0.001, 0.02, 0.03),
            ("linear", 1, 0.1, 0.02, 0.03),
            ("piecewise", 1, 0.01, 0.01, 0.03),
            ("piecewise", 3, 0.01, 0.00, 0.00),
        ]
    )
    chosen = choose_warp(table)
    assert (chosen.kind, chosen.warp_penalty) == ("linear", 0.1)


def test_a_warp_clearly_behind_is_not_chosen_however_simple() -> None:
    table = build_table([("shift", 1, 0.01, 0.05, 0.01), ("piecewise", 2, 0.01, 0.0, 0.0)])
    assert choose_warp(table).kind == "piecewise"


def test_without_any_score_there_is_no_choice() -> None:
    with pytest.raises(SubsongError, match="no candidate has a score"):
        choose_warp(build_table([("shift", 1, 0.01, np.nan, np.nan)]))


def test_default_candidates_go_from_none_to_three_knots() -> None:
    candidates = build_candidates(base=WarpConfig(max_shift=0.1))
    assert [candidate.kind for candidate in candidates[:2]] == ["none", "shift"]
    assert {candidate.num_knots for candidate in candidates if candidate.kind == "piecewise"} == {1, 2, 3}
    assert all(candidate.max_shift == 0.1 for candidate in candidates)
    assert len(candidates) == 1 + 5 * 3


def test_r_squared_is_that_of_the_textbook() -> None:
    rng = np.random.default_rng(0)
    spec_NTF, template_TF = rng.random((4, 9, 3)), rng.random((9, 3))
    residual = ((spec_NTF - template_TF) ** 2).sum()
    spread = ((spec_NTF - spec_NTF.mean(axis=(0, 1))) ** 2).sum()
    assert score_warp(spec_NTF, template_TF, null_warp(4)) == pytest.approx(1 - residual / spread)
    assert np.isnan(score_warp(np.ones((2, 9, 3)), template_TF, null_warp(2)))


@pytest.mark.parametrize(
    ("shape", "num_folds", "words"),
    [
        ((9, 30, 1), 3, "1 frequencies cannot be dealt into 3 folds"),
        ((2, 30, 9), 3, "2 renditions cannot be dealt into 3 folds"),
        ((9, 30, 9), 2, "use 3 or more"),
    ],
)
def test_too_little_to_hold_out_says_so(shape: tuple[int, ...], num_folds: int, words: str) -> None:
    with pytest.raises(SubsongError, match=words):
        cross_validate_warps(np.zeros(shape), CANDIDATES, num_folds)
