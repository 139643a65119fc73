"""Searches for the parameters of a time warp."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.interop.ava.models.utils import (
    anchor_point_warp_parameter_search,
    cross_validation_warp_parameter_search,
)

from .motifs import compute_marks, write_motifs
from .songs import FINCH, write_roi

PARAMETERS = {**FINCH, "num_freq_bins": 20}
SEARCH = {"knot_range": (-1, 1), "samples_per_knot": 2, "warpreg_range": (1e-3, 1e-1), "iter_range": (5, 6)}


@pytest.fixture(scope="module")
def audio_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_motifs(tmp_path_factory.mktemp("motifs") / "audio", range(10))


def write_anchors(folder: Path, numbers: range) -> Path:
    write_motifs(folder, numbers)
    for number in numbers:
        write_roi(folder / f"motif{number:02d}.txt", [(mark, mark + 0.01) for mark in compute_marks(number)])
    return folder


def test_cross_validation_prefers_the_warp_that_made_the_renditions(audio_dir: Path, tmp_path: Path) -> None:
    result = cross_validation_warp_parameter_search(
        [audio_dir], PARAMETERS, {**SEARCH, "outfile": tmp_path / "scores.npz"}, img_fn=tmp_path / "scores.pdf"
    )
    assert result["knots"].tolist() == [-1, -1, 0, 0]
    assert result["valid_rsq"].shape == result["train_rsq"].shape == (4, 1)
    assert result["test_rsq"][2:].min() > result["test_rsq"][:2].max() + 0.05
    assert all(((value >= 1e-3) & (value <= 1e-1)).all() for value in [result["warp_reg"]])
    assert [len(history) > 1 for history in result["loss_hists"]] == [True] * 4
    assert (tmp_path / "scores.pdf").read_bytes().startswith(b"%PDF")
    with np.load(tmp_path / "scores.npz") as stored:
        np.testing.assert_array_equal(stored["test_rsq"], result["test_rsq"])


def test_anchors_are_scored_by_the_warps_of_their_own_recordings(audio_dir: Path, tmp_path: Path) -> None:
    """Lines undo what was done to these renditions; AVA, scoring other recordings, would find no such thing."""
    anchor_dir = write_anchors(tmp_path / "anchors", range(20, 26))
    history, losses, support = anchor_point_warp_parameter_search(
        [audio_dir], anchor_dir, PARAMETERS, {**SEARCH, "smoothness_range": (0.05, 0.2)}, num_iter=6, gridpoints=2,
        warp_type="spectrogram", aw_iterations=8, img_fn=tmp_path / "anchors.png",
    )  # fmt: skip
    marks = np.stack([compute_marks(number) for number in range(20, 26)])
    unwarped_ms = 1000 * np.abs(marks - marks.mean(axis=0)).mean()
    assert history.shape == (6, 3)
    assert [len(values) for values in support] == [2, 2, 2]
    lines = support[0][history[:, 0]] == 0
    assert lines.any()
    assert losses[lines].max() < 1.5 < unwarped_ms
    assert losses[lines].max() < losses[~lines].min()
    assert (tmp_path / "anchors.png").is_file()
    again, _, _ = anchor_point_warp_parameter_search(
        [audio_dir], anchor_dir, PARAMETERS, SEARCH, num_iter=6, gridpoints=2, aw_iterations=1, make_plot=False
    )
    np.testing.assert_array_equal(again, history)


def test_what_cannot_be_searched_is_named(audio_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match="samples_per_knot"):
        cross_validation_warp_parameter_search([audio_dir], PARAMETERS, {"sample_per_knot": 1})
    with pytest.raises(SubsongError, match=r"knot_range is \(2, 2\)"):
        cross_validation_warp_parameter_search([audio_dir], PARAMETERS, {"knot_range": (2, 2)})
    with pytest.raises(SubsongError, match="1 frequencies"):
        cross_validation_warp_parameter_search([audio_dir], PARAMETERS, SEARCH, warp_type="amplitude")
    anchor_dir = write_anchors(tmp_path / "anchors", range(20, 23))
    write_roi(anchor_dir / "motif21.txt", [(0.1, 0.2)])
    with pytest.raises(SubsongError, match=r"motif21\.txt has 1 anchor points, that of motif20\.wav 4"):
        anchor_point_warp_parameter_search([audio_dir], anchor_dir, PARAMETERS, SEARCH)
    (anchor_dir / "motif21.txt").unlink()
    with pytest.raises(SubsongError, match=r"no file .*motif21\.txt"):
        anchor_point_warp_parameter_search([audio_dir], anchor_dir, PARAMETERS, SEARCH)
