"""What users of DAS, AVA and bird-embeddings have on their disks, recognised and turned into files of ours.

Each kind of file is told by itself: a name and a look inside, never by running anything. Readers and writers stand in
the rooms of the programs; here is only which of them takes what.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from subsong.core.errors import SubsongError
from subsong.core.words import count_noun
from subsong.interop.annotation_files import gather_annotations, holds_annotations
from subsong.interop.ava.hdf5 import SUFFIX as HDF5_SUFFIX
from subsong.interop.ava.models.importing import import_ava_checkpoint
from subsong.interop.ava.stores import import_specs
from subsong.interop.bird_embeddings.importing import import_bird_embeddings
from subsong.interop.das.models import find_das_model, import_das_model
from subsong.interop.das.reading import is_das_dataset, prepare_das
from subsong.sources.annotations import write_annotations

_TORCH_SUFFIXES = (".pt", ".pth")


class ImportOptions(NamedTuple):
    """What the files themselves do not say.

    Attributes
    ----------
    parameters
        AVA's dictionary of parameters, as a file of JSON or YAML.
    species
        The names of a model's species.
    overrides
        Settings of the dataset to be made.
    trust
        Whether a pickled model may be loaded, which can execute anything.
    overwrite
        Replace what is there.
    """

    parameters: Path | None = None
    species: Path | None = None
    overrides: list[str] | None = None
    trust: bool = False
    overwrite: bool = False


class Imported(NamedTuple):
    """What was found and made, in words for people.

    Attributes
    ----------
    path
        What was made.
    found, made
        One sentence each.
    next_step
        How to go on with it.
    """

    path: Path
    found: str
    made: str
    next_step: str


class _Kind(NamedTuple):
    """A kind of file: what it is called, whether a path is of it, and how it is brought in."""

    what: str
    fits: Callable[[Path], bool]
    bring: Callable[[Path, Path | None, ImportOptions], Imported]
    takes: tuple[str, ...] = ()


def import_files(source: str | Path, out: str | Path | None = None, options: ImportOptions | None = None) -> Imported:
    """Bring in what another program made: datasets, models, annotations.

    Parameters
    ----------
    source
        A file or folder of DAS, AVA or bird-embeddings.
    out
        The dataset, model folder or table to make; None: a name for its kind in the working folder.
    options
        What the files do not say.

    Raises
    ------
    SubsongError
        When nothing of the kind is there (says what was looked for), something is damaged, or an option is missing or
        of no use.
    """
    source, options = Path(source).expanduser(), options or ImportOptions()
    if not source.exists() and find_das_model(source) is None:
        raise SubsongError(f"{source} does not exist: expected a file or folder of DAS, AVA or bird-embeddings")
    kind = next((kind for kind in _KINDS if kind.fits(source)), None)
    if kind is None:
        looked_for = "; ".join(kind.what for kind in _KINDS)
        raise SubsongError(
            f"{source} is nothing that is imported; looked for: {looked_for}. Recordings, checklists and pictures need "
            "no import: see 'subsong inspect' and 'subsong prepare'"
        )
    for name in ("parameters", "species", "overrides", "trust"):
        if getattr(options, name) and name not in kind.takes:
            flag = {"parameters": "params", "overrides": "set"}.get(name, name)
            raise SubsongError(f"{source} is {kind.what}: --{flag} says nothing about it, leave it out")
    return kind.bring(source, None if out is None else Path(out).expanduser(), options)


def find_importable(path: Path) -> str | None:
    """Return what a path is of another program's, in words; annotations, which are read as they are, are not told."""
    return next((kind.what for kind in _KINDS[:-1] if kind.fits(path)), None)


def _import_das_dataset(source: Path, out: Path | None, options: ImportOptions) -> Imported:
    out = out or Path("song")
    gathered = prepare_das(source, out, options.overrides, options.overwrite).gathered
    labels = gathered.annotations["label"].unique(maintain_order=True).to_list()
    num_splits = gathered.recordings["source"].n_unique()
    return Imported(
        out,
        f"a dataset of DAS, {count_noun(num_splits, 'split')} at {gathered.sample_rate_hz:,} Hz",
        f"a dataset of song with {count_noun(gathered.annotations.height, 'annotation')} of {', '.join(labels)}",
        f"subsong train song-segmenter --data {out}",
    )


def _import_das_model(source: Path, out: Path | None, options: ImportOptions) -> Imported:
    out = out or Path("das_model")
    description = import_das_model(source, out, options.overwrite).description
    rate = description.preprocessing["sample_rate_hz"]
    return Imported(
        out,
        f"a model of DAS on raw sound of {rate:,} Hz, which tells {', '.join(description.labels or [])}",
        "a model folder of song-segmenter",
        f"subsong predict {out} RECORDINGS --out annotations.csv",
    )


def _import_ava_specs(source: Path, out: Path | None, options: ImportOptions) -> Imported:
    parameters = _require_parameters(source, options)
    made = import_specs(source, out or Path("syllables"), parameters, options.overrides, options.overwrite)
    return Imported(
        made.path,
        f"{count_noun(made.num_files, 'file')} of spectrograms of AVA",
        f"a dataset of {count_noun(made.num_specs, 'syllable')}",
        f"subsong train syllable-vae --data {made.path}",
    )


def _import_ava_checkpoint(source: Path, out: Path | None, options: ImportOptions) -> Imported:
    out = out or Path("ava_model")
    parameters = _require_parameters(source, options)
    description = import_ava_checkpoint(source, out, parameters, options.overrides, options.overwrite)
    precision = description.model["likelihood"]["precision"]
    return Imported(
        out,
        f"a checkpoint of AVA after {count_noun((description.training or {})['epochs'], 'epoch')}",
        f"a model folder of syllable-vae with {description.model['latent_dim']} latent dimensions and precision "
        f"{precision:g}",
        f"subsong map {out} DATASET_OR_RECORDINGS",
    )


def _import_bird_embeddings(source: Path, out: Path | None, options: ImportOptions) -> Imported:
    out = out or Path("checklist_model")
    description = import_bird_embeddings(source, out, options.species, options.trust, options.overwrite)
    return Imported(
        out,
        "a model of bird-embeddings",
        f"a model folder of checklist-vae with {len(description.labels or []):,} species and "
        f"{description.model['latent_dim']} latent dimensions",
        f"subsong embed {out} CHECKLISTS",
    )


def _import_annotations(source: Path, out: Path | None, options: ImportOptions) -> Imported:
    out = out or Path("annotations.csv")
    if out.suffix.lower() != ".csv":
        raise SubsongError(f"--out {out}: annotations become one table, whose name should end in .csv")
    if out.exists() and not options.overwrite:
        raise SubsongError(f"{out} is there: choose another name, or say --overwrite")
    gathered = gather_annotations(source)
    write_annotations(out, gathered.table, format="csv")
    kinds = ", ".join(f"{count_noun(number, 'file')} ({name})" for name, number in gathered.formats.items())
    left_out = gathered.left_out
    passed = f"; {count_noun(len(left_out), 'file')} left out, such as {left_out[0]}" if left_out else ""
    num_recordings = gathered.table["recording"].n_unique()
    return Imported(
        out,
        f"annotations in {kinds}{passed}",
        f"a table of {count_noun(gathered.table.height, 'annotation')} of {count_noun(num_recordings, 'recording')}",
        f"subsong prepare song (or syllables) RECORDINGS --set annotations={out}, or 'annotations: {out}' in a project",
    )


def _require_parameters(source: Path, options: ImportOptions) -> Path:
    if options.parameters is None:
        raise SubsongError(
            f"{source} does not say how its spectrograms were made, and other recordings are to be read alike: give "
            "--params FILE, AVA's dictionary p as JSON (json.dump in the script that has it) or YAML, without functions"
        )
    return options.parameters


def _holds_specs(path: Path) -> bool:
    return path.suffix == HDF5_SUFFIX if path.is_file() else next(path.rglob(f"*{HDF5_SUFFIX}"), None) is not None


def _is_checkpoint(path: Path) -> bool:
    # AVA's are no archives; eBird's, of the same ending, are.
    return path.suffix == ".tar" and path.is_file() and not tarfile.is_tarfile(path)


_KINDS = (
    _Kind("a dataset of DAS (NAME.npy with attrs.npy)", is_das_dataset, _import_das_dataset, ("overrides",)),
    _Kind(
        "a model of DAS (NAME_model.h5, NAME_params.yaml)",
        lambda path: find_das_model(path) is not None,
        _import_das_model,
    ),
    _Kind("a checkpoint of AVA (.tar)", _is_checkpoint, _import_ava_checkpoint, ("parameters", "overrides")),
    _Kind(f"AVA's spectrograms ({HDF5_SUFFIX})", _holds_specs, _import_ava_specs, ("parameters", "overrides")),
    _Kind(
        "a model of bird-embeddings (.pt, .pth)",
        lambda path: path.suffix in _TORCH_SUFFIXES and path.is_file(),
        _import_bird_embeddings,
        ("species", "trust"),
    ),
    _Kind("annotations (of DAS, also RECORDING_das.h5, of AVA, and others)", holds_annotations, _import_annotations),
)
