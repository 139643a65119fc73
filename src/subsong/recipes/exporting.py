"""Trained models -> ONNX files."""

from __future__ import annotations

from pathlib import Path

import subsong
from subsong.core.errors import SubsongError
from subsong.core.files import atomic_folder
from subsong.inference.checklists import TrainedChecklistVae
from subsong.inference.load import load_model
from subsong.inference.model import TrainedVae
from subsong.inference.onnx.frames import build_frames
from subsong.inference.onnx.graphs import build_segmenter_graph, build_vae_graphs
from subsong.inference.onnx.metadata import GraphFrames, OnnxMetadata
from subsong.inference.onnx.segmenter import OnnxSegmenter
from subsong.inference.onnx.session import SUFFIX
from subsong.inference.onnx.writing import write_graph
from subsong.inference.poses import TrainedVunet
from subsong.inference.segmenter import TrainedSegmenter
from subsong.inference.tables import check_suffix
from subsong.models.portable import ModelDescription

_FILE, _FOLDER = Path("model.onnx"), Path("onnx")


def export_model(model_path: str | Path, out: str | Path | None = None, trust: bool = False) -> list[Path]:
    """Write a trained model as ONNX; return the files.

    Parameters
    ----------
    model_path
        A model folder or a run.
    out
        Of a segmenter the file, ``model.onnx`` by default; of a VAE the folder of ``encoder.onnx`` and
        ``decoder.onnx``, by default ``onnx``.
    trust
        Whether a user's own model class may be imported, which executes its file.

    Raises
    ------
    SubsongError
        When the packages for it are not installed, or the model is of a family that is not exported.
    """
    model = load_model(model_path, "cpu", trust)
    if isinstance(model, OnnxSegmenter):
        raise SubsongError(f"{model_path} is an ONNX file already: give a model folder or a run")
    if isinstance(model, TrainedSegmenter):
        return [_export_segmenter(model, Path(out or _FILE))]
    if isinstance(model, TrainedVunet):
        raise SubsongError("models of poses are not exported yet: use 'subsong transfer', or the model from Python")
    return _export_vae(model, Path(out or _FOLDER))


def _export_segmenter(model: TrainedSegmenter, path: Path) -> Path:
    check_suffix(path, (SUFFIX,))
    model.require_one_channel("an ONNX file")
    frames, reach = build_frames(model.frames, model.sample_rate_hz), model.module.receptive_frames
    about = GraphFrames(
        sample_rate_hz=model.sample_rate_hz,
        hop_size=frames.hop_size,
        window_size=frames.window_size,
        context_before=reach.left,
        context_after=reach.right,
    )
    metadata = _describe(model.description, "segmenter", about, model.module.layout.overlap)
    write_graph(path, build_segmenter_graph(frames, model.module), metadata)
    return path


def _export_vae(model: TrainedVae, folder: Path) -> list[Path]:
    if isinstance(model, TrainedChecklistVae):
        raise SubsongError(
            "models of checklists are not exported: what they complete depends on names, unknown cells and covariates, "
            "which an ONNX file knows nothing of; use 'subsong predict'"
        )
    if folder.suffix == SUFFIX:
        raise SubsongError(f"a VAE becomes two files, encoder{SUFFIX} and decoder{SUFFIX}: name a folder, not {folder}")
    graphs = build_vae_graphs(model.module, model.item_shape)
    with atomic_folder(folder) as partial:
        for name, graph in graphs.items():
            write_graph(partial / f"{name}{SUFFIX}", graph, _describe(model.description, name))
    return [folder / f"{name}{SUFFIX}" for name in graphs]


def _describe(
    description: ModelDescription, part: str, frames: GraphFrames | None = None, overlap: bool = False
) -> OnnxMetadata:
    return OnnxMetadata.model_validate(
        {
            "subsong": subsong.__version__,
            "part": part,
            "recipe": description.recipe,
            "model": description.model,
            "preprocessing": description.preprocessing,
            "training": description.training,
            "frames": frames,
            "overlap": overlap,
        }
    )
