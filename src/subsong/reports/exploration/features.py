"""What latents and traditional acoustic features know of one another."""

from __future__ import annotations

import numpy as np
import polars as pl

from subsong.evaluation.neighbours import TwoWayScores, score_two_way
from subsong.reports.comparison_figures import plot_two_way
from subsong.reports.content import KeyFigure
from subsong.reports.drawn import Drawn
from subsong.reports.exploration.parts import Part, Sample
from subsong.sources.acoustic_features import FEATURE_COLUMNS

_SECTION = "Acoustic features"
_NUM_NEIGHBOURS, _NUM_FOLDS = 10, 5
_MIN_KNOWN_SHARE = 0.5
_MIN_ITEMS = 2 * _NUM_NEIGHBOURS * _NUM_FOLDS


def choose_features(items: pl.DataFrame) -> list[str]:
    """Return which acoustic features most items have, and that are not the same for all."""
    values = items.select(
        pl.col(name).cast(pl.Float64).fill_nan(None)
        for name in FEATURE_COLUMNS
        if name in items.columns and items[name].dtype.is_numeric()
    )
    return [
        column.name
        for column in values
        if column.count() >= _MIN_KNOWN_SHARE * len(column) and column.drop_nulls().n_unique() > 1
    ]


def explore_features(sample: Sample) -> Part:
    """Predict features from latents and latents from features; nothing where there are no features."""
    names = choose_features(sample.items)
    features = sample.items.select(names)
    is_complete = features.with_columns(pl.col(pl.Float32, pl.Float64).fill_nan(None)).drop_nulls().height
    if not names:
        return Part()
    if is_complete < _MIN_ITEMS:
        return Part(warnings=(f"Acoustic features were not compared: fewer than {_MIN_ITEMS} items have them all.",))
    recordings = sample.recordings
    if recordings is not None and len(set(recordings.tolist())) < _NUM_FOLDS:
        recordings = None
    scores = score_two_way(sample.latents_NL, features, _NUM_NEIGHBOURS, _NUM_FOLDS, sample.seed, recordings)
    folds = "recordings" if recordings is not None else "items"
    caption = (
        f"Left: how much of each feature's variance the {_NUM_NEIGHBOURS} nearest neighbours in the latent space tell. "
        "Right: how much of each principal component of the latents (its share of their variance in brackets) the "
        "nearest neighbours in all features tell. Where latents tell features but features do not tell latents, the "
        f"latents know more. {_NUM_FOLDS} folds of {folds}; features of fewer than half of the items are left out. "
        "Data: features.csv, components.csv."
    )
    drawn = Drawn(_SECTION, "features", "Latents and acoustic features", caption, plot_two_way(scores))
    tables = {"features.csv": scores.features, "components.csv": scores.components}
    return Part((drawn,), tables, (_build_key(scores),))


def _build_key(scores: TwoWayScores) -> KeyFigure:
    known = scores.components.filter(pl.col("r2").is_not_nan())
    told = np.average(known["r2"].clip(0.0, 1.0).to_numpy(), weights=known["share"].to_numpy())
    mean = scores.features["r2"].fill_nan(None).mean()
    return KeyFigure(
        "features told by latents",
        mean if isinstance(mean, float) else None,
        unit="R²",
        explanation=f"mean of {len(scores.features)} features; the features tell {told:.2f} of the latents' variance",
    )
