"""The page of a store of annotated song: a stretch of every class, numbers, and what is worrying."""

from __future__ import annotations

from pathlib import Path

import yaml

from subsong.datasets.song.counting import count_classes, find_concerns, measure_recorded_s, measure_splits
from subsong.datasets.song.store import SongStore
from subsong.reports.content import KeyFigure, MetricRow, ReportContent, ReportFigure
from subsong.reports.page import write_report
from subsong.reports.song_dataset.figures import plot_stretch
from subsong.reports.song_dataset.stretches import choose_stretch, read_stretch
from subsong.reports.style import figure_to_svg

_MOST_CLASSES = 30
_CAPTION = (
    "Above: waveform; middle: spectrogram; below: targets, one row a class. Judge whether they begin and end with the "
    "sound, and whether anything that sounds like the class is left without. Hatched: nobody looked there."
)
_ALT = "Waveform and spectrogram of a stretch of sound above the targets of the classes in it"


def write_song_page(path: str | Path, store: SongStore, seed: int = 0) -> None:
    """Write the page, whole or not at all.

    Parameters
    ----------
    path
        Of the page.
    store
        What it shows.
    seed
        Of the choice of stretches.

    Raises
    ------
    SubsongError
        When it cannot be written.
    """
    classes = count_classes(store)
    figures = tuple(
        _draw(store, label, number, seed) for number, label in enumerate(classes["label"].head(_MOST_CLASSES))
    )
    shown = (
        f"the {_MOST_CLASSES} most frequent of {classes.height} classes are shown"
        if len(figures) < classes.height
        else ""
    )
    content = ReportContent(
        title=f"Annotated song in {store.path.name}",
        subtitle=shown,
        key_figures=_list_numbers(store),
        figures=figures,
        metrics=tuple(_describe_class(row) for row in classes.iter_rows(named=True)),
        warnings=tuple(find_concerns(store)),
        config_yaml=yaml.safe_dump(store.reading.model_dump(mode="json"), sort_keys=False),
    )
    write_report(path, content)


def _draw(store: SongStore, label: str, number: int, seed: int) -> ReportFigure:
    stretch = read_stretch(store, *choose_stretch(store, label, seed))
    image = figure_to_svg(plot_stretch(stretch))
    return ReportFigure(
        f"class-{number}", f"{label}: {stretch.name}", _CAPTION, image, "A stretch of every class", _ALT
    )


def _list_numbers(store: SongStore) -> tuple[KeyFigure, ...]:
    measured = measure_splits(store)
    splits, labelled = (
        ", ".join(f"{name} {duration_s:.1f} s" for name, duration_s in measured.select("split", column).iter_rows())
        for column in ("duration_s", "labelled_s")
    )
    looked_at = KeyFigure("completely annotated", float(measured["labelled_s"].sum()), "s", labelled)
    return (
        KeyFigure("recordings", store.recordings["source"].n_unique(), explanation=f"at {store.sample_rate_hz:,} Hz"),
        KeyFigure("recorded", measure_recorded_s(store), "s", splits),
        *((looked_at,) if store.labelled is not None else ()),
        KeyFigure("annotations", store.annotations.height, explanation=f"of {len(store.classes)} classes"),
    )


def _describe_class(row: dict[str, object]) -> MetricRow:
    counts = {name: float(str(row[f"num_{name}"])) for name in ("train", "validation", "test")}
    median_ms = 1000 * float(str(row["median_s"]))
    note = (
        "event"
        if row["kind"] == "event"
        else f"segment, median {median_ms:.0f} ms, {float(str(row['share'])):.1%} of the time"
    )
    return MetricRow(f"annotations of {row['label']}", float(str(row["num_annotations"])), counts, note)
