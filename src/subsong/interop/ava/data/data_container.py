"""AVA's ``ava.data.data_container``: one place to ask for what is known of every syllable.

Legend: N = syllables of all folders, L = latent dimensions.
"""

from __future__ import annotations

import hashlib
import logging
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.files import hash_file
from subsong.interop.ava.data.projections import read_projection, write_projection
from subsong.interop.ava.hdf5 import SUFFIX, count_specs, decode_names, find_hdf5, read_column
from subsong.interop.ava.models.checkpoints import read_ava_checkpoint
from subsong.interop.ava.models.vae import VAE
from subsong.interop.ava.models.vae_dataset import SyllableDataset
from subsong.interop.ava.recordings import Segments, read_segment_audio, read_segments

log = logging.getLogger(__name__)

Folders = Sequence[str | Path] | None
SPEC_FIELDS = ("specs", "onsets", "offsets", "audio_filenames")
PROJECTION_FIELDS = ("latent_means", "latent_mean_pca", "latent_mean_umap")
SEGMENT_FIELDS = ("segments", "segment_audio")
ALL_FIELDS = (*SEGMENT_FIELDS, *PROJECTION_FIELDS, *SPEC_FIELDS)
_SEED = 42


class DataContainer:
    """Recordings, segments, spectrograms and latents of the same syllables, by folder.

    Parameters
    ----------
    audio_dirs, segment_dirs
        Recordings, and the segment files of the same names; lists of equal length.
    spec_dirs, projection_dirs
        Files of spectrograms, and where latents are kept, in files of the same names; lists of equal length. Folders
        of projections are made when missing.
    model_filename
        The checkpoint latents are made with. Without it, latents that are there are read, whichever model made them.
    verbose
        Say what is made and what is read.
    feature_dirs, plots_dir, template_dir
        Kept for scripts that give them; nothing here reads them.

    Notes
    -----
    Latents say which checkpoint and which file of spectrograms they were made from, and are made anew for another one.
    AVA's own, which say nothing, are only used when no `model_filename` is given: they were made in training mode,
    where a latent mean depends on the other spectrograms of its batch.
    """

    def __init__(  # noqa: PLR0913  AVA's own arguments
        self,
        audio_dirs: Folders = None,
        segment_dirs: Folders = None,
        spec_dirs: Folders = None,
        feature_dirs: Folders = None,
        projection_dirs: Folders = None,
        plots_dir: str | Path = "",
        model_filename: str | Path | None = None,
        template_dir: str | Path | None = None,
        verbose: bool = True,
    ) -> None:
        self.audio_dirs, self.segment_dirs, self.spec_dirs = audio_dirs, segment_dirs, spec_dirs
        self.feature_dirs, self.projection_dirs, self.plots_dir = feature_dirs, projection_dirs, plots_dir
        self.model_filename, self.template_dir, self.verbose = model_filename, template_dir, verbose

    def request(self, field: str) -> Any:
        """Return a field of all syllables, folder by folder and file by file.

        Parameters
        ----------
        field
            ``specs`` (N, 128, 128), ``onsets`` and ``offsets`` (N,) in seconds, ``audio_filenames`` (N,);
            ``latent_means`` (N, L), ``latent_mean_pca`` and ``latent_mean_umap`` (N, 2), made and kept when they are
            not there; ``segments``, folder -> recording -> onsets and offsets (n, 2), and ``segment_audio``, folder ->
            recording -> samples of each in units of full scale.

        Raises
        ------
        SubsongError
            When there is no such field, folders it needs were not given, or a file cannot be read.
        """
        if field not in ALL_FIELDS:
            raise SubsongError(f"a DataContainer has no field {field!r}: {did_you_mean(field, ALL_FIELDS)}")
        if field in SPEC_FIELDS:
            return self._read_spec_field(field)
        makers: dict[str, Callable[[], Any]] = {
            "segments": self._read_segments,
            "segment_audio": lambda: read_segment_audio(self._read_segments()),
            "latent_means": self._get_latent_means,
            "latent_mean_pca": lambda: self._get_projection("latent_mean_pca", _project_pca),
            "latent_mean_umap": lambda: self._get_projection("latent_mean_umap", _project_umap),
        }
        return makers[field]()

    def clear_projections(self) -> None:
        """Delete the ``.hdf5`` files in the folders of projections."""
        for folder in map(Path, self._folders("projection_dirs", "clear_projections")):
            for path in folder.glob(f"*{SUFFIX}"):
                path.unlink()

    def _folders(self, name: str, purpose: str) -> list[str | Path]:
        folders: Folders = getattr(self, name)
        if not folders:
            raise SubsongError(f"{purpose} needs {name}, which this DataContainer was not given")
        return list(folders)

    def _read_segments(self) -> Segments:
        audio_dirs, segment_dirs = self._folders("audio_dirs", "segments"), self._folders("segment_dirs", "segments")
        _check_parallel("audio_dirs", audio_dirs, "segment_dirs", segment_dirs)
        return read_segments(audio_dirs, segment_dirs)

    def _read_spec_field(self, field: str) -> np.ndarray:
        self._say("Reading", field)
        paths = self._spec_paths(field)
        columns = [read_column(path, field) for path in paths]
        if field == "audio_filenames":
            columns = [np.array(decode_names(column)) for column in columns]
        return np.concatenate(columns)

    def _spec_paths(self, purpose: str) -> list[Path]:
        spec_dirs = self._folders("spec_dirs", purpose)
        paths = find_hdf5(spec_dirs)
        if not paths:
            raise SubsongError(f"no {SUFFIX} files in {', '.join(map(str, spec_dirs))}: make them with process_sylls")
        return paths

    def _projection_paths(self, purpose: str) -> dict[Path, Path]:
        """Return file of spectrograms -> file of projections, in order."""
        spec_dirs = self._folders("spec_dirs", purpose)
        projection_dirs = self._folders("projection_dirs", purpose)
        _check_parallel("spec_dirs", spec_dirs, "projection_dirs", projection_dirs)
        self._spec_paths(purpose)
        return {
            path: Path(projection_dir) / path.name
            for spec_dir, projection_dir in zip(spec_dirs, projection_dirs, strict=True)
            for path in find_hdf5([spec_dir])
        }

    def _get_latent_means(self) -> np.ndarray:
        model = _LatentModel(self.model_filename)
        parts = []
        for spec_path, path in self._projection_paths("latent_means").items():
            num_rows, made_from = count_specs(spec_path), model.describe(spec_path)
            values = read_projection(path, "latent_means", made_from, num_rows)
            if values is None:
                self._say("Making", f"latent_means of {spec_path}")
                values = model.embed(spec_path)
                assert made_from is not None
                write_projection(path, "latent_means", values, made_from)
            parts.append(values)
        return np.concatenate(parts)

    def _get_projection(self, field: str, project: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        latent_NL = self._get_latent_means()
        digest = hashlib.sha256(np.ascontiguousarray(latent_NL).tobytes()).hexdigest()
        paths = self._projection_paths(field)
        counts = [count_specs(path) for path in paths]
        wanted = None if self.model_filename is None else digest
        kept = [read_projection(path, field, wanted, count) for path, count in zip(paths.values(), counts, strict=True)]
        found = [part for part in kept if part is not None]
        if len(found) == len(kept):
            return np.concatenate(found)
        self._say("Making", field)
        projected = project(latent_NL)
        for path, part in zip(paths.values(), np.split(projected, np.cumsum(counts)[:-1]), strict=True):
            write_projection(path, field, part, digest)
        return projected

    def _say(self, what: str, field: str) -> None:
        if self.verbose:
            log.info("%s field: %s", what, field)


class _LatentModel:
    """The model of a checkpoint, loaded when it is first needed.

    Parameters
    ----------
    path
        The checkpoint, or None.
    """

    def __init__(self, path: str | Path | None) -> None:
        self.path = path
        self._model: VAE | None = None
        if path is not None and not Path(path).is_file():
            raise SubsongError(f"no checkpoint {path}: give the path of a checkpoint_NNN.tar as model_filename")
        self._digest = None if path is None else hash_file(path)

    def describe(self, spec_path: Path) -> str | None:
        """Return what latents of a file are made from: the checkpoint, and the file as it is now."""
        if self._digest is None:
            return None
        status = spec_path.stat()
        return f"{self._digest} {status.st_size} {status.st_mtime_ns}"

    def embed(self, spec_path: Path) -> np.ndarray:
        """Return the latent means of a file, float64."""
        if self.path is None:
            raise SubsongError(f"latents of {spec_path} have to be made: give the DataContainer a model_filename")
        if self._model is None:
            self._model = VAE(z_dim=read_ava_checkpoint(self.path)["z_dim"])
            self._model.load_state(self.path)
        return self._model.get_latent(SyllableDataset([spec_path]))


def _check_parallel(name: str, folders: list[str | Path], other: str, others: list[str | Path]) -> None:
    if len(folders) != len(others):
        raise SubsongError(
            f"{name} lists {len(folders)} folders and {other} {len(others)}: they belong together in pairs"
        )


def _project_pca(latent_NL: np.ndarray) -> np.ndarray:
    from sklearn.decomposition import PCA

    projected: np.ndarray = PCA(n_components=2, random_state=_SEED).fit_transform(latent_NL)
    return projected


def _project_umap(latent_NL: np.ndarray) -> np.ndarray:
    """Return the map with AVA's settings; with fewer neighbours where there are fewer syllables."""
    if len(latent_NL) < 4:
        raise SubsongError(f"a UMAP of {len(latent_NL)} syllables cannot be made: give at least 4")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from umap import UMAP

        settings = {"n_neighbors": min(20, len(latent_NL) - 1), "min_dist": 0.1, "metric": "euclidean"}
        projected: np.ndarray = UMAP(n_components=2, random_state=_SEED, n_jobs=1, **settings).fit_transform(latent_NL)
    return projected
