"""Numbers of an evaluation as sentences, key figures and panels."""

from __future__ import annotations

import numpy as np
import polars as pl

from subsong.inference.results import Metric, Results
from subsong.reports.poses.measured import build_keys, build_panels, summarise

METRICS = {
    "ssim_known": Metric(0.912, baselines={"pose mean": 0.7}),
    "ssim_new": Metric(0.85),
    "psnr_known": Metric(25.0, "dB"),
    "kl_known": Metric(12.0, "nats per picture"),
}


def test_known_and_new_identities_have_key_figures_of_their_own() -> None:
    keys = list(build_keys(Results("test", 20, METRICS, [], [])))
    assert [key.name for key in keys] == ["SSIM, known identities", "SSIM, new identities", "PSNR, known identities"]
    assert keys[0].explanation == "pose mean: 0.7000"
    assert keys[2].unit == "dB"


def test_the_summary_names_baselines() -> None:
    sentences = summarise(Results("test", 20, METRICS, [], []))
    assert sentences[0] == "20 pictures of the test split."
    assert sentences[1] == "SSIM of identities known from training is 0.9120 (pose mean: 0.7000)."


def test_where_nothing_is_said_of_training_there_is_one_figure_for_all() -> None:
    results = Results("mice", 3, {"ssim": Metric(0.5)}, [], [])
    assert [key.name for key in build_keys(results)] == ["SSIM"]
    assert summarise(results)[1] == "SSIM is 0.5000."


def test_panels_hold_the_methods_that_were_scored_on_the_pictures_of_a_kind() -> None:
    losses = pl.DataFrame(
        {
            "ssim": [0.9, 0.8, 0.7],
            "ssim_pose_mean": [0.6, 0.5, 0.4],
            "psnr": [20.0, 21.0, 22.0],
            "item_identity": ["a", "a", "b"],
            "item_is_known": [True, True, False],
        }
    )
    panels = build_panels(losses)
    assert [panel.title for panel in panels] == [
        *["Known identities (2 pictures)"] * 2,
        *["New identities (1 picture)"] * 2,
    ]
    assert list(panels[0].methods) == ["model", "pose mean"]
    np.testing.assert_array_equal(panels[0].methods["pose mean"], [0.6, 0.5])
    assert list(panels[3].methods) == ["model"]
