"""What can be set for training, preparing and predicting, and what is wrong with what was typed.

Needs the recipes, and so torch: called through `bench`, in a process of its own.
"""

from __future__ import annotations

import contextlib
import functools
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from subsong.core.config_files import read_config
from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.raw_config import KeyPath, join_path, key_paths, split_path
from subsong.studio.work.commands import write_overrides
from subsong.studio.work.schema import ROW, TreeMaker

PREPARED = ("song", "syllables", "windows", "motifs")
"""Kinds of dataset that are made of recordings; a form of each is called ``prepare-<kind>``."""

_PREPARE, _PREDICT, _PROJECT = "prepare-", "predict", "project"
_SPECTROGRAM = ("low_hz", "high_hz", "max_duration_s", "num_freq_bins", "num_time_bins", "frequency_axis")
# How long a window of a motif is, is said when a model is trained.
_MOTIF_SPECTROGRAM = ("low_hz", "high_hz", "num_freq_bins", "num_time_bins", "frequency_axis")
_ORDER = ("motif", "training", "data", "model", "losses", "optimizer")
# A schedule of the weight says the same; these are for configurations of edflow.
_RAMP = ("start_ramp_it", "start_ramp_val", "end_ramp_it", "end_ramp_val")
_COMMON = {
    "song": ("labels", "ignore", "rename", "split_by", "fractions", "channel", "within", "annotations"),
    "syllables": ("channel", "min_duration_s", "annotations", *(f"spectrogram.{key}" for key in _SPECTROGRAM)),
    "windows": (
        *("channel", "regions", "labels", "merge_gap_s", "pad_s", "annotations"),
        *(f"spectrogram.{key}" for key in _SPECTROGRAM),
    ),
    "motifs": (
        *("motif", "channel", "max_gap_s", "margin_s", "warp.kind", "warp.num_knots", "split_by", "annotations"),
        *(f"spectrogram.{key}" for key in _MOTIF_SPECTROGRAM),
    ),
}


class Problem(NamedTuple):
    """What is wrong with what was typed.

    Attributes
    ----------
    path
        Of the field, dotted; None where no one field is to blame.
    message
        As the command line says it.
    """

    path: str | None
    message: str


class _Form(NamedTuple):
    """A configuration class, and what stands there before anybody types."""

    model: type[BaseModel]
    values: Mapping[str, Any]
    common: Sequence[KeyPath]
    hidden: Sequence[KeyPath] = ()


def describe_form(what: str, start: str | None = None) -> dict[str, Any]:
    """Return the ``tree`` of a form, what it is about, and ``starts``: names of values to begin with.

    Parameters
    ----------
    what
        A recipe or a variant of one, ``prepare-`` and one of `PREPARED`, ``predict``, or ``project``.
    start
        What its values begin with: a trained model or its run, of a recipe and to predict; the preset of syllables,
        windows and motifs; the project file.

    Raises
    ------
    SubsongError
        When there is no such form.
    """
    form = _find_form(what, start)
    doc = (form.model.__doc__ or "").strip().split("\n")[0]
    tree = TreeMaker(form.common, form.hidden).make(form.model, form.values)
    # What most people change comes first.
    tree.sort(key=lambda node: _ORDER.index(node["key"]) if node["key"] in _ORDER else len(_ORDER))
    return {"what": what, "description": doc, "starts": _list_starts(what), "tree": tree}


def check_form(what: str, settings: Mapping[str, str], start: str | None = None) -> list[Problem]:
    """Return what is wrong with the settings of a form; nothing when all is well."""
    try:
        _check(what, settings, start)
    except SubsongError as error:
        return explain_problems(str(error), settings)
    return []


def explain_problems(text: str, settings: Mapping[str, str]) -> list[Problem]:
    """Return the sentences of an error, each with the setting it names."""
    labels = {f"--set {key}={value}: ": key for key, value in settings.items()}
    return [_explain(line, labels) for line in text.splitlines() if line.strip()]


def start_training(
    recipe: str, data: Path | None, settings: Mapping[str, str], name: str | None, root: Path, start_from: Path | None
) -> str:
    """Train in a process of its own, which outlives this one, and return the name of the run folder.

    Raises
    ------
    SubsongError
        For wrong settings, data or models; then there is neither folder nor process.
    """
    from subsong.recipes.background import train_in_background

    run, _ = train_in_background(recipe, data, write_overrides(settings), name, root, start_from)
    return run.name


def resume_training(path: Path) -> None:
    """Go on with a run in a process of its own; raises SubsongError when that cannot be."""
    from subsong.recipes.background import resume_in_background

    resume_in_background(path)


def render_training_script(
    suffix: str,
    recipe: str,
    data: Path | None,
    settings: Mapping[str, str],
    name: str | None,
    root: Path,
    start_from: Path | None,
) -> str:
    """Return the text of the script that trains elsewhere; `suffix` is ``.sh``, or ``.sbatch`` for Slurm."""
    from subsong.recipes.configuring import resolve_config
    from subsong.recipes.scripts import TrainingCommand, name_run, render_script

    overrides = write_overrides(settings)
    family, config = resolve_config(recipe, data, overrides, start_from)
    run_dir = name_run(name or family.name, root)
    return render_script(suffix, TrainingCommand([recipe], data, overrides, start_from, run_dir), config)


def inspect_dataset(path: Path) -> str:
    """Return what ``subsong inspect`` prints of a dataset."""
    from subsong.recipes.summaries import inspect_data

    with contextlib.redirect_stdout(io.StringIO()) as printed:
        inspect_data(path)
    return printed.getvalue()


def _explain(line: str, labels: Mapping[str, str]) -> Problem:
    label = max((one for one in labels if line.startswith(one)), key=len, default=None)
    if label is None:
        return _explain_part(line, labels.values())
    message = line.removeprefix(label)
    return Problem(_find_place(message, labels[label]), message)


def _explain_part(line: str, keys: Iterable[str]) -> Problem:
    """Return what is wrong with a part of the preset in which something was set."""
    paths = (split_path(key)[:length] for key in keys for length in range(len(split_path(key)) - 1, 0, -1))
    said = sorted({join_path(path) for path in paths}, key=len, reverse=True)
    for path in said:
        _, colon, message = line.partition(f": {path}")
        if colon and message[:1] in (":", " "):
            return Problem(path, path + message)
    return Problem(None, line)


def _find_place(message: str, key: str) -> str:
    """Return the path of what a sentence is about, which may lie inside the setting it is said of."""
    paths = re.findall(r"[^\s:,;()]+", message)
    named = next((path for path in paths if split_path(path)[: len(split_path(key))] == split_path(key)), key)
    missing = re.search(rf"{re.escape(named)} needs the key '([^']+)'", message)
    return named if missing is None else join_path((*split_path(named), missing[1]))


def _find_form(what: str, start: str | None) -> _Form:
    kind = what.removeprefix(_PREPARE)
    if what.startswith(_PREPARE) and kind in PREPARED:
        return _Form(_reading_class(kind), _preset_values(kind, start), [split_path(key) for key in _COMMON[kind]])
    if what == _PREDICT:
        return _describe_decoding(start)
    if what == _PROJECT:
        return _describe_project(start)
    return _describe_recipe(what, start)


def _check(what: str, settings: Mapping[str, str], start: str | None) -> None:
    overrides = write_overrides(settings)
    if what == _PREDICT:
        from subsong.recipes.annotating import choose_decoding

        choose_decoding(_own_decoding(start), overrides)
    elif what.startswith(_PREPARE) or what == _PROJECT:
        form = _find_form(what, start)
        read_config(form.model, overrides=overrides, base=form.values or None)
    else:
        from subsong.recipes.configuring import resolve_config

        resolve_config(_known_preset(what), None, overrides, start)


def _describe_recipe(what: str, start: str | None) -> _Form:
    from subsong.recipes.catalogue import load_preset
    from subsong.recipes.configuring import resolve_config

    recipe, config = resolve_config(_known_preset(what), start_from=start)
    usual = [path for path in key_paths(load_preset(recipe.name).values) if path and isinstance(path[-1], str)]
    hidden = [("recipe",), ("start_from",), ("data", "path"), *(("losses", ROW, name) for name in _RAMP)]
    return _Form(recipe.config_class, config.model_dump(mode="json"), usual, hidden)


def _known_preset(what: str) -> str:
    """Return the name of a preset; a path would make the form read a file from anywhere."""
    from subsong.recipes.catalogue import list_presets

    if what not in list_presets():
        raise SubsongError(f"there is nothing to set for {what!r}: {did_you_mean(what, list_presets())}")
    return what


def _reading_class(kind: str) -> type[BaseModel]:
    from subsong.datasets.motifs.reading import MotifReading
    from subsong.datasets.song.reading import SongReading
    from subsong.datasets.syllables.reading import SyllableReading
    from subsong.datasets.windows.reading import WindowReading

    classes: dict[str, type[BaseModel]] = {
        "song": SongReading,
        "syllables": SyllableReading,
        "windows": WindowReading,
        "motifs": MotifReading,
    }
    return classes[kind]


def _preset_values(kind: str, preset: str | None) -> dict[str, Any]:
    from subsong.sources.spectrograms import get_preset, get_window_preset

    if kind == "song":
        return {}
    find = get_preset if kind == "syllables" else get_window_preset
    return {"spectrogram": find(preset or "finch").model_dump(mode="json")}


def _list_starts(what: str) -> list[str]:
    from subsong.sources.spectrograms.presets import PRESETS

    return list(PRESETS) if what in {f"{_PREPARE}{kind}" for kind in PREPARED if kind != "song"} else []


def _describe_decoding(model: str | None) -> _Form:
    own = _own_decoding(model)
    usual = [("low_threshold",), ("high_threshold",), ("min_duration_s",), ("fill_gap_s",), ("event_threshold",)]
    return _Form(type(own), own.model_dump(mode="json"), usual)


@functools.lru_cache(maxsize=8)
def _own_decoding(model: str | None) -> Any:
    """Return how a trained segmenter decodes, or the defaults where none is named."""
    from subsong.inference.annotating.options import DecodingOptions
    from subsong.inference.load import load_model
    from subsong.inference.segmenter import TrainedSegmenter

    if model is None:
        return DecodingOptions()
    trained = load_model(Path(model), "cpu")
    if not isinstance(trained, TrainedSegmenter):
        raise SubsongError(
            f"{model} is a model of {trained.description.recipe}, which annotates nothing: expected a song-segmenter"
        )
    return trained.decoding


def _describe_project(file: str | None) -> _Form:
    from subsong.core.yaml_files import load_yaml
    from subsong.projects.config import ProjectConfig

    values = {} if file is None else load_yaml(file).values
    return _Form(ProjectConfig, values, [(name,) for name in ProjectConfig.model_fields])
