"""Choosing how a trained segmenter's probabilities become annotations, on recordings whose annotations are known."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from subsong.core.errors import SubsongError
from subsong.core.words import count_noun
from subsong.datasets.song.places import Places, find_places
from subsong.datasets.song.store import SongStore
from subsong.inference.annotating.split_parts import open_song
from subsong.inference.annotating.validation_search import (
    DecodingSearch,
    SearchedDecoding,
    search_decoding,
    write_decoding,
)
from subsong.inference.load import load_segmenter
from subsong.inference.segmenter import TrainedSegmenter
from subsong.models.portable import find_model_folder
from subsong.recipes.configuring import read_run_config
from subsong.recipes.console import open_console
from subsong.recipes.segmenter_results import find_validation_sound, get_store
from subsong.training.run_folder import RunFolder

_NAMES = {
    "balanced": "balanced: onsets, sequence, frames, events",
    "onset": "F1 of onsets within {ms:g} ms",
    "edges": "F1 of both edges within {ms:g} ms",
    "iou": "F1 of overlap at least {iou:g}",
    "event": "F1 of events within {ms:g} ms",
    "frames": "1 - frame error",
    "sequence": "1 - syllable error rate",
}


class TunedModel(NamedTuple):
    """A model whose decoding was chosen anew: its folder, and what the search found."""

    path: Path
    searched: SearchedDecoding


def tune_model(
    model_path: str | Path,
    store_path: str | Path | None = None,
    search: DecodingSearch | None = None,
    device: str = "auto",
    trust: bool = False,
) -> TunedModel:
    """Choose the decoding of a trained segmenter on validation sound, and store it in the model's folder.

    Parameters
    ----------
    model_path
        A model folder, or a run.
    store_path
        A dataset of annotated song; None: the one the run was trained on.
    search
        What counts as better.
    device, trust
        As for `load_model`.

    Raises
    ------
    SubsongError
        When the model is no segmenter, no dataset is known, or it has no validation sound with annotations.
    """
    search = search or DecodingSearch(max_sound_s=None)
    folder = find_model_folder(model_path)
    model = load_segmenter(folder, device, trust)
    store, places = _open_run_sound(folder) if store_path is None else _open_sound(Path(store_path), model)
    searched = search_decoding(model, store, places, search, model.decoding)
    write_decoding(folder, model.description, searched, search)
    return TunedModel(folder, searched)


def _open_sound(path: Path, model: TrainedSegmenter) -> tuple[SongStore, Places]:
    store = open_song(path, model)
    return store, find_places(store, "validation")


def _open_run_sound(model_dir: Path) -> tuple[SongStore, Places]:
    """Return the song that the run a model lies in was trained on, and its validation sound."""
    run = RunFolder(model_dir.parent)
    if not run.config_path.is_file():
        raise SubsongError(
            f"{model_dir} lies in no run, which would know its dataset: name one, 'subsong tune MODEL DATASET'"
        )
    recipe, config = read_run_config(run)
    store = get_store(recipe.build_data(config))
    return store, find_validation_sound(config, store)


def print_tuned(done: TunedModel, search: DecodingSearch) -> None:
    """Print every metric before and after, and the settings that changed."""
    from rich.table import Table

    searched = done.searched
    title = f"{count_noun(searched.num_annotations, 'annotation')} in {searched.sound_s:.1f} s of validation sound"
    table = Table(title=title, box=None, title_justify="left")
    for column in ("", "before", "after"):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    for metric, value in searched.after.items():
        name = _NAMES[metric].format(ms=1000 * search.tolerance_s, iou=search.min_iou)
        chosen = "*" if metric == search.metric else " "
        table.add_row(f"{chosen} {name}", f"{searched.before[metric]:.4f}", f"{value:.4f}")
    console = open_console()
    console.print(table)
    console.print(f"* chosen for, among {searched.tuned.num_tried} combinations", highlight=False)
    former, chosen_values = searched.former.model_dump(), searched.tuned.options.model_dump()
    changed = [name for name in former if former[name] != chosen_values[name]]
    for name in changed:
        console.print(f"{name}: {former[name]:g} -> {chosen_values[name]:g}", highlight=False)
    if not changed:
        console.print("nothing is better than what the model had: it stays as it was")
