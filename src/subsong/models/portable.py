"""The portable model folder: all that is needed to use a trained model, and nothing that is executed.

``model.safetensors`` (weights), ``config.json`` (recipe, model, format version), ``preprocessing.json`` (what an input
must look like), ``labels.json`` (names of classes or columns, or null) and ``card.md`` (for people).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from subsong.core.config import ImportedPart
from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file, atomic_folder, disk_errors, read_json, write_json
from subsong.models.build import ModelConfig, build_model
from subsong.sources.song_class import SongClass

FORMAT, VERSION = "subsong-model", 1


class ModelDescription(NamedTuple):
    """What a model folder says besides the weights.

    Attributes
    ----------
    recipe
        The family it was trained as.
    model
        Its configuration, as plain values.
    preprocessing
        ``item_shape``, ``value_range`` and what else an input must obey.
    labels
        Names of classes or columns, or None.
    training
        Where it comes from: run, epoch, losses, data hash; for the card.
    """

    recipe: str
    model: dict[str, Any]
    preprocessing: dict[str, Any]
    labels: list[str] | None = None
    training: dict[str, Any] | None = None

    @property
    def classes(self) -> tuple[SongClass, ...]:
        """What a segmenter tells, in the order of its outputs; nothing for other models."""
        return tuple(SongClass(**entry) for entry in self.preprocessing.get("classes", ()))


def write_model(path: str | Path, module: nn.Module, description: ModelDescription) -> None:
    """Write a model folder, whole or not at all.

    Raises
    ------
    SubsongError
        When the disk is full; a folder that was there before is untouched.
    """
    with disk_errors(Path(path)), atomic_folder(path) as folder:
        weights = {name: value.detach().cpu().contiguous() for name, value in module.state_dict().items()}
        # Not save_file: its own error for a full disk is no OSError.
        with atomic_file(folder / "model.safetensors") as file:
            file.write(save(weights))
        header = {"format": FORMAT, "version": VERSION, "recipe": description.recipe, "model": description.model}
        write_json(folder / "config.json", {**header, "training": description.training})
        write_json(folder / "preprocessing.json", description.preprocessing)
        write_json(folder / "labels.json", description.labels)
        with atomic_file(folder / "card.md", "w") as file:
            file.write(_render_card(module, description))


def write_preprocessing(path: str | Path, preprocessing: dict[str, Any]) -> None:
    """Replace what a model folder says of its input and of what becomes of its output; whole or not at all."""
    write_json(Path(path) / "preprocessing.json", preprocessing)


def _render_card(module: nn.Module, description: ModelDescription) -> str:
    verb, answers = ("predict", "annotations") if "classes" in description.preprocessing else ("embed", "codes")
    num_parameters = sum(parameter.numel() for parameter in module.parameters())
    lines = [
        f"# A {description.recipe} model",
        "",
        f"- parameters: {num_parameters:,}",
        f"- input: {_render_input(description.preprocessing)}",
        *(f"- {name.replace('_', ' ')}: {value}" for name, value in (description.training or {}).items()),
        "",
        f"Use it with `subsong.load_model(FOLDER)` in Python, or `subsong {verb} FOLDER DATA` on the command line.",
        f"It describes data like those it was trained on; on others its {answers} mean nothing without a check.",
        "",
    ]
    return "\n".join(lines)


def _render_input(preprocessing: dict[str, Any]) -> str:
    shape = " x ".join(str(size) for size in preprocessing.get("item_shape", ()))
    low_high = preprocessing.get("value_range")
    return f"{shape} values" + (f" in [{low_high[0]:g}, {low_high[1]:g}]" if low_high else "")


def find_model_folder(path: str | Path) -> Path:
    """Return the model folder at `path`: itself, or ``model/`` in it where it is a run folder."""
    path = Path(path)
    return path if (path / "model.safetensors").exists() or not (path / "model").is_dir() else path / "model"


def read_weights(path: str | Path) -> tuple[dict[str, Tensor], ModelDescription]:
    """Read a model folder and build nothing: its tensors by name, on the CPU, and what it says of them.

    Raises
    ------
    SubsongError
        When the folder is none of ours, of another version, or damaged.
    """
    path = Path(path)
    description = _read_description(path)
    return _load_tensors(path / "model.safetensors"), description


def _read_description(path: Path) -> ModelDescription:
    header, preprocessing = _read_header(path), _read_object(path / "preprocessing.json")
    labels = read_json(path / "labels.json")
    return ModelDescription(
        header.get("recipe", ""), header.get("model", {}), preprocessing, labels, header.get("training")
    )


def read_model(path: str | Path, trust: bool = False) -> tuple[nn.Module, ModelDescription]:
    """Read a model folder and build the model, in evaluation mode, on the CPU.

    Parameters
    ----------
    path
        The folder.
    trust
        Whether a user's own model class, named in the folder by import path, may be imported, which executes its file.

    Raises
    ------
    SubsongError
        When the folder is none of ours, of another version, damaged, or holds a user's class and `trust` is False.
    """
    path = Path(path)
    config = _read_config(path, _read_header(path))
    if isinstance(config, ImportedPart) and not trust:
        raise SubsongError(
            f"{path} holds a model class of its own, {config.target}, and loading it executes that file: "
            "say trust=True, or --trust, when you trust it"
        )
    description = _read_description(path)
    preprocessing = description.preprocessing
    inputs = preprocessing.get("input_shapes")
    module = build_model(config, preprocessing.get("item_shape", ()), description.classes, inputs)
    _load_weights(path / "model.safetensors", module)
    return module.eval(), description


def _read_header(path: Path) -> dict[str, Any]:
    if not (path / "config.json").is_file():
        raise SubsongError(f"{path} is not a model folder: it has no config.json; expected the folder model/ of a run")
    header = _read_object(path / "config.json")
    if header.get("format") != FORMAT:
        raise SubsongError(f"{path / 'config.json'} does not describe a Subsong model: expected format {FORMAT!r}")
    if header.get("version") != VERSION:
        raise SubsongError(f"{path} is a model of version {header.get('version')}, this program reads {VERSION}")
    return header


def _read_object(path: Path) -> dict[str, Any]:
    content = read_json(path)
    if not isinstance(content, dict):
        raise SubsongError(f"{path} does not describe a Subsong model: expected a JSON object, not {content!r:.40}")
    return content


def _read_config(path: Path, header: dict[str, Any]) -> Any:
    try:
        return TypeAdapter[Any](ModelConfig).validate_python(header.get("model"))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in ("model", *first["loc"]))
        raise SubsongError(
            f"{path / 'config.json'} does not describe a model this program knows: {place}: {first['msg']}; "
            "export the model of its run again"
        ) from error


def _load_tensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise SubsongError(f"{path} is missing or damaged: export the model of its run again") from error


def _load_weights(path: Path, module: nn.Module) -> None:
    weights = _load_tensors(path)
    ours = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    theirs = {name: tuple(value.shape) for name, value in weights.items()}
    for name in sorted(ours.keys() | theirs.keys()):
        if ours.get(name) != theirs.get(name):
            raise SubsongError(
                f"{path} holds the weights of another model: {name} has shape {theirs.get(name)}, "
                f"its config.json asks for {ours.get(name)}"
            )
    module.load_state_dict(weights)
