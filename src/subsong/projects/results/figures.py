"""The figures of a report, each with the data behind it.

Legend: N = sounds, F, T = rows and columns of a picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from subsong.projects.project import Project
from subsong.projects.recordings import Recording
from subsong.projects.results.contents import ProjectResults
from subsong.projects.results.excerpts import choose_excerpts
from subsong.projects.results.tables import PAUSE, count_transitions

if TYPE_CHECKING:
    from subsong.reports.drawn import Drawn

MAX_BIRDS = 12
_MAX_TYPES, _NUM_EXAMPLES = 24, 12
_MAX_NAMED = 60
_ROWS = {
    "given": "what people say",
    "found": "what the segmenter found",
    "type": "the type of each sound on the map",
    "truth": "the truth",
}


def draw_bird(
    project: Project,
    recordings: Sequence[Recording],
    results: ProjectResults,
    sounds: pl.DataFrame | None,
    images: np.ndarray | None,
    seed: int,
) -> Iterator[Drawn]:
    """Draw one bird: stretches of its song, its types, where they lie on the map, how long and in which order.

    Parameters
    ----------
    project, results
        What it is of.
    recordings
        The bird's.
    sounds
        All sounds, as of `name_sounds`; None without a map.
    images
        Pictures of all sounds, bytes, shape (N, F, T), row 0 above; None where there are none.
    seed
        Of what is chosen at random.
    """
    from subsong.reports.drawn import Drawn
    from subsong.reports.project.excerpts import plot_excerpt

    bird = recordings[0].bird
    own = None if sounds is None else sounds.filter(pl.col("bird") == bird)
    own = None if own is None or not own.height else own
    excerpts = choose_excerpts(project, recordings, results, own, seed)
    colours = _choose_colours(own, [table for excerpt in excerpts for table in excerpt.rows.values()])
    for number, excerpt in enumerate(excerpts, start=1):
        caption = f"Below the spectrogram, from above: {', '.join(_ROWS[name] for name in excerpt.rows)}."
        yield Drawn(bird, f"{bird}_stretch_{number}", excerpt.heading, caption, plot_excerpt(excerpt, colours))
    if own is not None:
        yield from _draw_types(bird, own, images, seed)


def _choose_colours(own: pl.DataFrame | None, tables: Sequence[pl.DataFrame]) -> dict[str, str]:
    """Return the colour of each label and type: those they have on the maps."""
    from subsong.reports.latent import sort_labels
    from subsong.reports.style import PALETTE

    types = set() if own is None else set(own["type"])
    labels = {label for table in tables for label in table["label"].drop_nulls()} - types
    labels |= set() if own is None else set(own["label"].drop_nulls()) - types
    groups = (sort_labels(np.array(sorted(names))) for names in (labels, types))
    return {name: PALETTE[place % len(PALETTE)] for names in groups for place, name in enumerate(names)}


def _draw_types(bird: str, own: pl.DataFrame, images: np.ndarray | None, seed: int) -> Iterator[Drawn]:
    from subsong.reports.drawn import Drawn
    from subsong.reports.exploration.figures import plot_shares
    from subsong.reports.latent import plot_latent_map, sort_labels
    from subsong.reports.project.types import plot_durations

    order = sort_labels(own["type"].to_numpy())
    if images is not None and images.ndim == 3:
        yield _draw_sheet(bird, own, images, seed)
    places = own.select("x", "y").to_numpy()
    figure = plot_latent_map(places, own["type"].to_numpy(), max_classes=_MAX_NAMED)
    yield Drawn(bird, f"{bird}_map_types", "Map by type", f"{len(own):,} sounds of {bird}, by the type found.", figure)
    known = own.filter(pl.col("label").is_not_null())
    if known.height:
        figure = plot_latent_map(known.select("x", "y").to_numpy(), known["label"].to_numpy(), max_classes=_MAX_NAMED)
        caption = f"The same map: {len(known):,} sounds that have a label, by their label."
        yield Drawn(bird, f"{bird}_map_labels", "Map by label", caption, figure)
    sorted_sounds = own.sort(pl.col("type").replace_strict(order, list(range(len(order)))))
    caption = "A point a sound (400 at most a type), a line at the median of all."
    yield Drawn(bird, f"{bird}_durations", "How long types last", caption, plot_durations(sorted_sounds, seed))
    if len(order) <= _MAX_NAMED:
        transitions = count_transitions(own, order)
        caption = (
            "Each row: what follows a type, in percent. "
            f"{PAUSE} stands for more than half a second without a sound, and for the ends of recordings."
        )
        shares = plot_shares(transitions, ("type", "followed by"))
        yield Drawn(bird, f"{bird}_transitions", "In which order types follow", caption, shares)


def _draw_sheet(bird: str, own: pl.DataFrame, images: np.ndarray, seed: int) -> Drawn:
    from subsong.reports.drawn import Drawn
    from subsong.reports.spectrogram_figures import choose_examples, plot_contact_sheet

    rows_N = own["row"].to_numpy()

    def fetch(items: np.ndarray) -> np.ndarray:
        return np.stack([images[row][::-1] for row in rows_N[items]]).astype(np.float32) / 255

    medians = own.group_by("type").agg(pl.len(), pl.col("duration_ms").median())
    said = {name: f"{name}  {num:,} \N{MULTIPLICATION SIGN} {ms:.0f} ms" for name, num, ms in medians.iter_rows()}
    examples = choose_examples(len(own), own["type"].to_numpy(), _NUM_EXAMPLES, _MAX_TYPES, seed)
    examples = examples.with_columns(pl.col("label").replace(said))
    caption = (
        "Random sounds of each type, the time axis stretched as the model sees it; beside each row how many there are "
        "and their median duration."
    )
    return Drawn(bird, f"{bird}_types", "What types look like", caption, plot_contact_sheet(fetch, examples))


def draw_all(sounds: pl.DataFrame | None, days: pl.DataFrame | None) -> Iterator[Drawn]:
    """Draw what is of all birds together: the map by bird, and how many sounds there are on each day."""
    from subsong.reports.checklist_maps import plot_class_map
    from subsong.reports.drawn import Drawn
    from subsong.reports.project.types import plot_days

    if sounds is not None and sounds["bird"].n_unique() > 1:
        figure = plot_class_map(sounds.select("x", "y").to_numpy(), sounds["bird"].to_list())
        yield Drawn("All birds", "map_birds", "Map by bird", f"{len(sounds):,} sounds, by who sang them.", figure)
    if days is not None:
        caption = "Sounds in the recordings of each day; they differ in length, see tables/days.csv."
        yield Drawn("All birds", "days", "Sounds a day", caption, plot_days(days))
