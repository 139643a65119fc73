"""What a run of ``song-segmenter`` ends with: its decoding chosen, its test sound annotated and scored.

``results/`` in the run folder: ``scores.json`` (scores with intervals), ``annotations.csv`` (what was found),
``truth.csv``, ``per_class.csv``, ``per_recording.csv``, ``confusion.csv``, ``curves.csv``, ``matches.csv``,
``example_1.svg`` ..., and ``index.html``, which shows them.
"""

from __future__ import annotations

import copy
import logging
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from subsong import __version__
from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file, atomic_folder
from subsong.core.seeds import numpy_generator
from subsong.datasets.song.dataset import ChunkDataset
from subsong.datasets.song.places import DataFraction, Places, find_places
from subsong.datasets.song.store import SongStore
from subsong.datasets.types import Splits
from subsong.evaluation.annotations.options import ScoringOptions
from subsong.evaluation.annotations.scores import AnnotationScores, score_annotations
from subsong.inference.annotating.decoding import decode
from subsong.inference.annotating.split_parts import (
    SplitPart,
    join_found_spans,
    list_split_parts,
    predict_parts,
    read_true_spans,
)
from subsong.inference.annotating.validation_search import DecodingSearch, search_decoding, write_decoding
from subsong.inference.load import load_segmenter
from subsong.inference.results import RESULTS_NAME, Metric, Results, read_results, write_results
from subsong.inference.segmenter import TrainedSegmenter
from subsong.models.portable import ModelDescription
from subsong.recipes.scoring_annotations import write_scores
from subsong.reports.annotation_scores.words import describe_score
from subsong.reports.content import ReportContent
from subsong.reports.run_report import build_run_report
from subsong.reports.song_segmenter.content import build_segmenter_figures
from subsong.reports.song_segmenter.examples import choose_examples, plot_example
from subsong.reports.style import figure_to_svg, save_figure
from subsong.sources.annotations.read import write_annotations
from subsong.sources.annotations.table import build_annotations, sort_annotations
from subsong.training.engine import Engine
from subsong.training.run_folder import RunFolder
from subsong.training.validation import Validation

RESULTS_DIR = "results"
FOUND_NAME, TRUTH_NAME, EXAMPLE_NAMES = "annotations.csv", "truth.csv", "example_*.svg"
_FILES = {
    FOUND_NAME: "what the model found, in seconds of the recordings",
    TRUTH_NAME: "what it is compared with",
    EXAMPLE_NAMES: "stretches of sound with true and found annotations and the probabilities",
    RESULTS_NAME: "the scores as subsong.load_run(RUN).results reads them",
}
_SPLIT_ORDER = ("test", "validation", "train")
_SHOWN_S = 8.0
log = logging.getLogger(__name__)


class AnnotatedSplit(NamedTuple):
    """A split of a store with true and found annotations.

    Attributes
    ----------
    split
        Its name.
    parts
        What was annotated; where a recording is whole, the part is called like it.
    predictions
        Of each part.
    truth, found
        Columns as in `ANNOTATION_SCHEMA`; ``recording`` is a part's name, and times are from its beginning.
    """

    split: str
    parts: list[SplitPart]
    predictions: list[Any]
    truth: pl.DataFrame
    found: pl.DataFrame


def get_store(data: Splits) -> SongStore:
    """Return the store behind the splits of a run."""
    assert isinstance(data.train, ChunkDataset)
    return data.train.maker.store


def find_validation_sound(config: Any, store: SongStore) -> Places:
    """Return the validation sound that a run may look at: the same fraction of it as in training."""
    data = config.data
    return find_places(store, "validation", DataFraction(data.fraction, data.fraction_s, data.fraction_seed))


def finish_segmenter(config: Any, data: Splits, run: RunFolder) -> None:
    """Choose the decoding of a run's model on validation sound, and score it, as the configuration asks for.

    What cannot be done, such as where there is no annotated validation sound, is said in the log; the run is whole. A
    user's own class was executed by the training already.
    """
    if not (run.model_dir / "model.safetensors").is_file():
        return
    try:
        if config.decoding_search is not None:
            _tune(config, get_store(data), run, config.decoding_search)
        if config.results_at_end:
            evaluate_segmenter(config, data, run, trust=True)
    except SubsongError as error:
        log.warning("the run is over, but its results are not complete: %s", error)


def _tune(config: Any, store: SongStore, run: RunFolder, search: DecodingSearch) -> None:
    model = load_segmenter(run.model_dir, trust=True)
    searched = search_decoding(model, store, find_validation_sound(config, store), search, config.decoding, config.seed)
    write_decoding(run.model_dir, model.description, searched, search)
    log.info(
        "decoding chosen on %.0f s of validation sound: %s %.4f -> %.4f",
        *(searched.sound_s, search.metric, searched.tuned.start_score, searched.tuned.score),
    )


def evaluate_segmenter(config: Any, data: Splits, run: RunFolder, trust: bool) -> Path:
    """Score a run's model on the test split (validation, where there is none); return the folder of its evaluation.

    The numbers lie there, as those of every family do; tables, annotations and the page are in ``results/``.
    """
    model = load_segmenter(run.model_dir, trust=trust)
    results = write_segmenter_results(model, get_store(data), run.path / RESULTS_DIR, run.name, config.seed)
    folder = run.evaluation_dir / "final"
    write_results(folder / RESULTS_NAME, results)
    return folder


def write_segmenter_results(
    model: TrainedSegmenter, store: SongStore, folder: Path, title: str, seed: int = 0
) -> Results:
    """Annotate sound of a store with a model and score it; the folder appears whole or not at all.

    Parameters
    ----------
    model
        With the decoding that is to be scored.
    store
        Its test split is scored; its validation split where it has no other, else all of it.
    folder
        Of the results.
    title
        Of the page.
    seed
        Of intervals and examples.

    Raises
    ------
    SubsongError
        When the store has another sample rate, or no annotation of the model's labels.
    """
    annotated = annotate_split(model, store)
    durations_s = {part.name: part.duration_s for part in annotated.parts}
    options = ScoringOptions(use_labels=True, seed=seed)
    scores = score_annotations(annotated.found, annotated.truth, options, durations_s, None, list(durations_s))
    described = {
        "store": store.path.name,
        "split": annotated.split,
        "decoding": model.decoding.model_dump(mode="json"),
        **options.model_dump(mode="json"),
        "subsong": __version__,
    }
    results = _build_results(annotated, scores)
    with atomic_folder(folder) as partial:
        write_scores(partial, scores, f"{title}: {annotated.split} split of {store.path.name}", described, _FILES)
        write_results(partial / RESULTS_NAME, results)
        for name, table in ((FOUND_NAME, annotated.found), (TRUTH_NAME, annotated.truth)):
            write_annotations(partial / name, _to_recordings(table, annotated.parts), "csv")
        _write_examples(partial, model, store, annotated, scores, seed)
    return results


def annotate_split(model: TrainedSegmenter, store: SongStore) -> AnnotatedSplit:
    """Annotate the test split of a store, or the first there is of validation and training split."""
    present = set(store.parts["split"].unique())
    split = next(name for name in _SPLIT_ORDER if name in present)
    return _annotate(model, store, split, find_places(store, split))


def _annotate(model: TrainedSegmenter, store: SongStore, split: str, places: Places) -> AnnotatedSplit:
    parts = list_split_parts(store, places, model)
    names = [one.name for one in model.classes]
    truth = read_true_spans(store, parts, names)
    predictions = predict_parts(model, store, parts)
    decoded = [decode(one.predictions, model.module.layout, one.grid, model.decoding) for one in predictions]
    found = join_found_spans(decoded)
    score = np.concatenate([one.score_N for one in decoded])
    tables = [
        build_annotations(
            recording=[parts[place].name for place in spans.place_N.tolist()],
            onset_s=spans.onset_s_N,
            offset_s=spans.offset_s_N,
            label=[names[number] for number in spans.class_N.tolist()],
            score=score_N,
            annotator=annotator,
        )
        for spans, score_N, annotator in ((truth, None, None), (found, score, "subsong"))
    ]
    return AnnotatedSplit(split, parts, predictions, *tables)


def _to_recordings(table: pl.DataFrame, parts: list[SplitPart]) -> pl.DataFrame:
    """Return annotations of parts as annotations of their recordings."""
    rows = {part.name: part for part in parts}
    own = [rows[name] for name in table["recording"].to_list()]
    start_s = pl.Series([part.start_s for part in own], dtype=pl.Float64)
    moved = table.with_columns(
        pl.Series("recording", [part.source for part in own], dtype=pl.String),
        pl.Series("channel", [part.channel for part in own], dtype=pl.Int64),
        onset_s=pl.col("onset_s") + start_s,
        offset_s=pl.col("offset_s") + start_s,
    )
    return sort_annotations(moved)


def _build_results(annotated: AnnotatedSplit, scores: AnnotationScores) -> Results:
    metrics = {}
    for row in scores.summary.iter_rows(named=True):
        name, unit = describe_score(row["score"], scores.options)
        scale = 100.0 if unit else 1.0
        interval = (scale * row["low"], scale * row["high"])
        metrics[row["score"]] = Metric(scale * row["value"], unit, f"{name}: {_judge(row['score'])}", {}, interval)
    return Results(annotated.split, len(annotated.parts), metrics, [], [])


def _judge(score: str) -> str:
    better = "lower" if "error" in score else "higher"
    return f"{better} is better"


def _write_examples(
    folder: Path,
    model: TrainedSegmenter,
    store: SongStore,
    annotated: AnnotatedSplit,
    scores: AnnotationScores,
    seed: int,
) -> None:
    examples = choose_examples(store, annotated.parts, annotated.predictions, scores.matches, model.classes, seed)
    for number, example in enumerate(examples, start=1):
        with atomic_file(folder / EXAMPLE_NAMES.replace("*", str(number)), "w") as file:
            file.write(figure_to_svg(plot_example(example)))


def build_segmenter_report(run: RunFolder) -> ReportContent:
    """Return the page of a run: curves of the loss and, where it was scored, scores with intervals and figures."""
    unit, folder = "nats per chunk", run.path / RESULTS_DIR
    if not (folder / RESULTS_NAME).is_file():
        return build_run_report(run, unit)
    content = build_run_report(run, unit, read_results(folder / RESULTS_NAME))
    files = {**content.files, f"{RESULTS_DIR}/": "scores, annotations, confusions, examples; see index.html in it"}
    return content._replace(figures=(*build_segmenter_figures(folder), *content.figures), files=files)


def draw_epoch_example(
    description: ModelDescription, store: SongStore, places: Places, engine: Engine, validation: Validation
) -> None:
    """Draw some seconds of validation sound with truth, answer and probabilities, into the run's figures."""
    if engine.run is None:
        return
    # A copy: the network in training stays in the mode it is in.
    module: Any = copy.deepcopy(engine.evaluated_module)
    model = TrainedSegmenter(module, description, engine.device)
    parts = list_split_parts(store, places, model)
    try:
        truth = read_true_spans(store, parts, [one.name for one in model.classes])
    except SubsongError as error:
        log.debug("no example is drawn: %s", error)
        return
    shown = int(numpy_generator(engine.seed, "epoch example").integers(len(truth.class_N)))
    part = parts[int(truth.place_N[shown])]
    middle = part.first_sample + round(float(truth.onset_s_N[shown]) * store.sample_rate_hz)
    half = round(_SHOWN_S / 2 * store.sample_rate_hz)
    first, stop = max(part.first_sample, middle - half), min(part.stop_sample, middle + half)
    window = Places(*(np.array([value]) for value in (part.recording, first, stop, 0, first, stop)))
    annotated = _annotate(model, store, "validation", window)
    scores = score_annotations(annotated.found, annotated.truth, ScoringOptions(use_labels=True, num_resamples=1))
    example = choose_examples(store, annotated.parts, annotated.predictions, scores.matches, model.classes)[0]
    save_figure(plot_example(example), engine.run.figure_dir / f"example_{engine.position.epoch}.png")
