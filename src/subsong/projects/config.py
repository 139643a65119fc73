"""The project file: which recordings, annotations and birds, and how they are worked on."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from subsong.core.config import ConfigBase


class TrainingStep(ConfigBase):
    """A step that trains a network."""

    recipe: str = Field(description="Recipe, or a variant or YAML file of one, whose settings are the start.")
    settings: dict[str, Any] = Field(
        {},
        description="Settings in place of the recipe's, as --set of subsong train takes them.",
    )
    data: dict[str, Any] = Field({}, description="How its dataset is made, as --set of subsong prepare takes it.")


class ClusterStep(ConfigBase):
    """How the map is divided into types."""

    num_clusters: int | None = Field(None, ge=2, description="Types a bird; null: as many as the sounds tell.")
    max_clusters: int = Field(40, ge=2, description="Most types a bird that are looked for.")


class SegmentationStep(ConfigBase):
    """How birds are segmented of whom nothing is annotated, and what threshold proposals begin with."""

    preset: str = Field("finch", description="Settings of subsong segment to start from: finch, mouse, ...")
    settings: dict[str, Any] = Field({}, description="Settings in place of the preset's, as --set of subsong segment.")


class ProjectConfig(ConfigBase):
    """A project: recordings, annotations, birds, and the steps from there to a map."""

    name: str | None = Field(None, description="What the project is called; null: as its folder.")
    folder: Path | None = Field(
        None,
        description="Where everything made is kept; null: beside this file, named as it (project.yaml: its folder).",
    )
    recordings: Path = Field(description="Folder of recordings at any depth, relative to this file.")
    only: tuple[str, ...] = Field(("**",), description="Patterns of the recordings that belong to the project.")
    annotations: Path | None = Field(
        None, description="File or folder of annotations made elsewhere; null: looked for beside the recordings."
    )
    annotation_format: str | None = Field(None, description="Their format; null: told by the file.")
    birds: str | dict[str, tuple[str, ...]] = Field(
        "auto",
        description="Who is heard: a column of files.csv; folder: the first folder; one: all the same; a table of "
        "names and patterns; auto: the column individual where there is one, else folder, else one.",
    )
    channel: int | Literal["mean"] | None = Field(None, description="Channel of recordings that have several, from 0.")
    truth: Path | None = Field(None, description="Annotations of all recordings, to score what is found against.")
    author: str | None = Field(None, description="Who corrects; null: the name of the account.")
    seed: int = Field(0, ge=0, description="Equal seeds give equal results.")
    keep_runs: int | None = Field(
        3, ge=0, description="Runs of earlier rounds that are kept of each network the pipeline trains; null: all."
    )
    jobs: int | None = Field(
        None, ge=1, description="Birds whose segmenters are trained at a time; null: one a processor, one on a GPU."
    )
    device: str = Field("auto", description="auto, cpu, cuda or mps.")

    segmentation: SegmentationStep = Field(SegmentationStep(), description="Without annotations: by amplitude.")
    segmenter: TrainingStep = Field(TrainingStep(recipe="song-segmenter"), description="Learns who sang what, when.")
    map: TrainingStep = Field(TrainingStep(recipe="syllable-vae"), description="Learns the map of syllables.")
    clusters: ClusterStep = Field(ClusterStep(), description="Divides the map into types.")
