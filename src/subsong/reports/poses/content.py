"""What the report of a run of poses adds: examples, transfer, draws, codes, scores beside baselines.

Read from the run folder alone: the evaluation store and the model; the training data are not needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.evaluation.store import Evaluation
from subsong.inference.poses import TrainedVunet
from subsong.inference.results import Results
from subsong.reports.content import ReportContent
from subsong.reports.drawn import Drawn, save_drawn
from subsong.reports.poses.choosing import choose_people, choose_poses, choose_ranked
from subsong.reports.poses.grids import (
    PoseExamples,
    plot_draws,
    plot_examples,
    plot_interpolations,
    plot_scale_swaps,
    plot_transfer_matrix,
)
from subsong.reports.poses.measured import build_keys, build_panels, build_usage, summarise
from subsong.reports.poses.picture_table import shorten
from subsong.reports.poses.scores import plot_scores, plot_usage

_NUM_RANKED, _NUM_EACH, _NUM_POSES = 4, 4, 8
_NUM_DRAWS, _NUM_DRAWN_POSES, _NUM_PAIRS, _NUM_STEPS = 8, 6, 4, 7
_PICTURES, _TRANSFER, _CODES, _SCORES = "Pictures", "Transfer", "Codes of appearances", "Scores of single pictures"


class _Source(NamedTuple):
    """What figures are drawn from."""

    model: TrainedVunet
    evaluation: Evaluation
    items: pl.DataFrame
    seed: int

    def take(self, name: str, rows: np.ndarray) -> np.ndarray:
        """Return rows of a stored output, in memory."""
        return np.array(self.evaluation.output(name)[rows])


def add_pose_figures(
    content: ReportContent,
    model: TrainedVunet,
    evaluation: Evaluation,
    results: Results,
    figure_dir: Path,
    seed: int = 0,
) -> ReportContent:
    """Return `content` with key figures and the figures of a VUNet, which are also saved to `figure_dir`.

    Parameters
    ----------
    content
        What every run's page says.
    model
        Of the run.
    evaluation, results
        Its final evaluation.
    figure_dir
        Folder of the run's figures.
    seed
        Of the draw of examples and of samples.
    """
    items = evaluation.losses.select(
        pl.col(name).alias(name.removeprefix("item_")) for name in evaluation.losses.columns if name.startswith("item_")
    )
    source = _Source(model, evaluation, items, seed)
    figures = save_drawn(_draw(source, results), figure_dir)
    return content._replace(
        summary=summarise(results),
        key_figures=tuple(build_keys(results)),
        figures=(*figures, *content.figures),
    )


def _draw(source: _Source, results: Results) -> Iterator[Drawn]:
    yield _draw_ranked(source)
    yield _draw_transfer(source)
    yield _draw_draws(source)
    yield from _draw_codes(source)
    usage = build_usage(source.model, results)
    if usage:
        caption = (
            "Left: what the code of the appearance costs on each scale beyond what the pose's prior knows. Right: "
            "dimensions whose posterior mean varies from picture to picture. A scale near zero is not used."
        )
        yield Drawn(_CODES, "scale_usage", "What each scale carries", caption, plot_usage(usage))
    panels = build_panels(source.evaluation.losses)
    if panels:
        caption = (
            "Share of the pictures that stay below a score, further to the right is better; points are medians. "
            "Identities known from training and new ones apart. The axes leave out a hundredth of each on either side."
        )
        yield Drawn(_SCORES, "score_distributions", "Scores beside baselines", caption, plot_scores(panels))


def _draw_ranked(source: _Source) -> Drawn:
    ranked = choose_ranked(source.evaluation.losses["ssim"].to_numpy(), _NUM_RANKED)
    names = ("appearance", "stickman", "target", "reconstruction")
    examples = PoseExamples(*(source.take(name, ranked.rows) for name in names))
    caption = (
        f"Of the {len(source.evaluation):,} pictures of the {source.evaluation.manifest['split']} split those with the "
        "highest, middle and lowest SSIM, which stands above. Appearance and pose are what the model was given."
    )
    figure = plot_examples(examples, ranked.labels, ranked.breaks)
    return Drawn(_PICTURES, "examples", "Best, median and worst", caption, figure)


def _draw_transfer(source: _Source) -> Drawn:
    people = choose_people(source.items, _NUM_EACH, source.seed)
    poses = choose_poses(source.items, _NUM_POSES, source.seed)
    appearance, stickman = source.take("appearance", people.rows), source.take("stickman", poses)
    has_both = 0 < people.num_known < len(people.rows)
    figure = plot_transfer_matrix(
        appearance,
        stickman,
        source.model.transfer_matrix(appearance, stickman),
        people.names,
        _name_poses(source, poses),
        (people.num_known,) if has_both else (),
    )
    caption = (
        "Each row is an appearance, each column a pose; both were drawn at random, none was picked. New identities "
        "were never seen in training."
    )
    return Drawn(_TRANSFER, "transfer_matrix", "Every appearance in every pose", caption, figure)


def _draw_draws(source: _Source) -> Drawn:
    poses = choose_poses(source.items, _NUM_DRAWN_POSES, source.seed)
    stickman = source.take("stickman", poses)
    draws = source.model.sample(stickman, _NUM_DRAWS, source.seed)
    figure = plot_draws(stickman, draws, source.take("target", poses), _name_poses(source, poses))
    caption = (
        "Appearances drawn from the prior of the pose alone: who could be seen in it. A true picture in that pose is "
        "on the left."
    )
    return Drawn(_TRANSFER, "samples", "Draws for a pose", caption, figure)


def _draw_codes(source: _Source) -> Iterator[Drawn]:
    people = choose_people(source.items, _NUM_PAIRS, source.seed).rows
    num_pairs = min(_NUM_PAIRS, len(people) // 2)
    if num_pairs == 0:
        return
    first, second = (source.take("appearance", people[half : 2 * num_pairs : 2]) for half in (0, 1))
    poses = choose_poses(source.items, num_pairs, source.seed)
    stickman = source.take("stickman", np.resize(poses, num_pairs))
    ways = source.model.interpolate(first, second, stickman, _NUM_STEPS)
    caption = "From appearance A to appearance B in one pose, in equal steps between their codes."
    figure = plot_interpolations(first, ways, second, stickman)
    yield Drawn(_CODES, "interpolation", "Between two appearances", caption, figure)
    caption = "Codes of two appearances exchanged scale by scale: what changes is what the scale says."
    pictures = _swap(source.model, first, second, stickman)
    labels = _name_swaps(len(source.model.scale_dims))
    figure = plot_scale_swaps((first, second), stickman, pictures, labels)
    yield Drawn(_CODES, "scale_swaps", "What each scale says", caption, figure)


def _swap(model: TrainedVunet, first: np.ndarray, second: np.ndarray, stickman: np.ndarray) -> np.ndarray:
    """Return A, A's coarse with B's fine codes, B's coarse with A's fine codes, B; shape (N, 2 D, C, H, W)."""
    of_first, of_second = model.swap_scales(first, second, stickman), model.swap_scales(second, first, stickman)
    mixed = [pictures[:, 1:-1] for pictures in (of_first, of_second)]
    return np.concatenate([of_first[:, -1:], *mixed, of_first[:, :1]], axis=1)


def _name_swaps(num_scales: int) -> list[str]:
    """Return what the pictures of `_swap` were made of.

    Examples
    --------
    >>> _name_swaps(2)
    ['code of A', 'coarse A,\\nfine B', 'coarse B,\\nfine A', 'code of B']
    """
    if num_scales == 2:
        mixed = ["coarse A,\nfine B", "coarse B,\nfine A"]
    else:
        mixed = [
            f"{number} coarsest {one},\nothers {other}"
            for one, other in ("AB", "BA")
            for number in range(1, num_scales)
        ]
    return ["code of A", *mixed, "code of B"]


def _name_poses(source: _Source, rows: np.ndarray) -> list[str]:
    """Return the names of poses; none where none has a name."""
    names = [source.items["pose"][row] for row in rows.tolist()]
    return [shorten(name or "") for name in names] if any(names) else []
