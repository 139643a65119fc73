"""Models as ONNX files give what they gave before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pytest
import torch

from subsong.core.errors import SubsongError
from subsong.inference.load import load_model
from subsong.inference.onnx.segmenter import OnnxSegmenter
from subsong.inference.onnx.session import open_graph
from subsong.inference.segmenter import TrainedSegmenter
from subsong.models.mlp import MlpConfig
from subsong.models.portable import ModelDescription, write_model
from subsong.models.residual import ResidualConfig
from subsong.models.syllable_vae import SyllableVaeConfig
from subsong.models.vae import VaeConfig
from subsong.recipes import run as recipes
from subsong.recipes import use
from subsong.recipes.base import PredictOptions
from subsong.recipes.exporting import export_model
from subsong.recipes.song_segmenter import RECIPE
from subsong.sources.audio import read_audio, write_audio
from subsong.synthesis.song import SongOptions, write_songs

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "how_to" / "onnx_frames.py"


class Exported(NamedTuple):
    """A run, its file, and a song that was not trained on."""

    run_path: Path
    path: Path
    song: Path


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    folder = tmp_path_factory.mktemp("exported")
    overrides = {
        **RECIPE.tiny_overrides(folder),
        "data.chunk_s": 0.3,
        "model.frontend": {"kind": "plain"},
        "model.tcn": {"channels": 24, "dilations": [1, 3], "num_stacks": 1},
        "optimizer.learning_rate": 0.03,
        "training.num_epochs": 5,
        "training.figure_epochs": None,
        "training.device": "cpu",
    }
    with pytest.MonkeyPatch.context() as patch:
        # The run's own scores and pages are of no use here.
        for step in ("finish", "evaluate"):
            patch.setattr(type(RECIPE), step, lambda *arguments: None)
        run_path = recipes.train("song-segmenter", overrides=overrides, root=folder / "runs").path
    options = SongOptions(num_birds=1, num_days=1, num_songs=1, num_motifs=(4, 4), reverberation_s=0.0)
    write_songs(folder / "others", options, seed=1)
    [path] = export_model(run_path, folder / "model.onnx")
    return Exported(run_path, path, next((folder / "others").rglob("*.wav")))


def compare(found: pl.DataFrame, expected: pl.DataFrame, frame_s: float) -> None:
    """Fail unless two tables have the same annotations, to a thousandth of a frame."""
    for column in ("recording", "channel", "label"):
        assert found[column].to_list() == expected[column].to_list()
    for column, step in (("onset_s", frame_s), ("offset_s", frame_s), ("score", 1.0)):
        np.testing.assert_allclose(found[column], expected[column], rtol=0.0, atol=1e-3 * step)


def load_both(exported: Exported) -> tuple[OnnxSegmenter, TrainedSegmenter]:
    found, expected = load_model(exported.path), load_model(exported.run_path, "cpu")
    assert isinstance(found, OnnxSegmenter)
    assert isinstance(expected, TrainedSegmenter)
    return found, expected


@pytest.mark.parametrize("cut", [0, 100, 1000])
def test_annotations_are_those_of_the_network(exported: Exported, tmp_path: Path, cut: int) -> None:
    found, expected = load_both(exported)
    audio = read_audio(exported.song)
    write_audio(tmp_path / "song.wav", audio.samples[cut : len(audio.samples) // 2 + cut], audio.sample_rate_hz)
    tables = [model.annotate(tmp_path / "song.wav") for model in (found, expected)]
    assert tables[1].height > 5
    assert tables[1]["label"].n_unique() > 1
    compare(*tables, expected.frames.hop_size / expected.sample_rate_hz)


def test_recordings_of_another_rate_and_of_two_channels_too(exported: Exported, tmp_path: Path) -> None:
    found, expected = load_both(exported)
    audio = read_audio(exported.song)
    samples = np.stack([audio.samples, audio.samples[::-1]], axis=1)
    np.savez(tmp_path / "song.npz", data=samples, samplerate=audio.sample_rate_hz + 1000)
    tables = [model.annotate(tmp_path / "song.npz") for model in (found, expected)]
    assert tables[1]["channel"].n_unique() == 2
    compare(*tables, expected.frames.hop_size / expected.sample_rate_hz)


@pytest.mark.parametrize("num_samples", [0, 1, 300])
def test_the_shortest_recordings_have_no_sound(exported: Exported, tmp_path: Path, num_samples: int) -> None:
    found, expected = load_both(exported)
    np.savez(tmp_path / "short.npz", data=np.zeros(num_samples, np.float32), samplerate=found.sample_rate_hz)
    compare(*(model.annotate(tmp_path / "short.npz") for model in (found, expected)), 1.0)


def test_the_file_says_all_that_the_model_folder_says(exported: Exported) -> None:
    found, expected = load_both(exported)
    assert found.description == expected.description
    assert found.module.layout == expected.module.layout
    assert (found.classes, found.decoding, found.frames) == (expected.classes, expected.decoding, expected.frames)
    content = exported.path.read_bytes()
    assert str(exported.run_path.parent.parent).encode() not in content
    assert str(Path(torch.__file__).parent).encode() not in content
    assert b"inference/onnx" not in content


def test_predict_takes_the_file(exported: Exported) -> None:
    found, expected = (
        use.predict_data(path, exported.song, PredictOptions()) for path in (exported.path, exported.run_path)
    )
    compare(found, expected, 0.005)


def test_it_is_not_exported_again(exported: Exported) -> None:
    with pytest.raises(SubsongError, match="is an ONNX file already"):
        export_model(exported.path)


def test_a_segmenter_becomes_a_file_called_onnx(exported: Exported, tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match=r"expected \.onnx"):
        export_model(exported.run_path, tmp_path / "model.pt")


def test_the_example_in_the_documents_names_the_frames(exported: Exported) -> None:
    command = [sys.executable, str(EXAMPLE), str(exported.path), str(exported.song)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    frames = np.array([name for line in done.stdout.splitlines() for name in [line.split()[-1]] * int(line.split()[2])])
    model, _ = load_both(exported)
    annotations = model.annotate(exported.song)
    middle = (annotations["onset_s"] + annotations["offset_s"]).to_numpy() / 2
    frame_N = np.rint(middle * model.sample_rate_hz / model.frames.hop_size).astype(int)
    # What is annotated as a whole may have a frame within that looks like another class.
    assert np.mean(frames[frame_N] == annotations["label"].to_numpy()) > 0.8
    assert set(frames) <= {"(nothing)", *(one.name for one in model.classes)}


def test_the_example_imports_nothing_of_ours() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert "import subsong" not in text
    assert "from subsong" not in text
    assert "torch" not in text


SMALL = ResidualConfig(channels=(4, 8), num_blocks=(0, 1), patch_size=2, feature_dim=8)
VAES: dict[str, tuple[Any, list[int]]] = {
    "digits-vae": (VaeConfig(latent_dim=3, network=MlpConfig(hidden=(6,))), [4, 4]),
    "syllable-vae": (SyllableVaeConfig(latent_dim=3, architecture=SMALL), [8, 12]),
}


@pytest.mark.parametrize("recipe", VAES)
def test_a_vae_becomes_an_encoder_and_a_decoder(recipe: str, tmp_path: Path) -> None:
    config, item_shape = VAES[recipe]
    torch.manual_seed(1)
    preprocessing = {"item_shape": item_shape, "value_range": [0.0, 1.0]}
    description = ModelDescription(recipe, config.model_dump(mode="json"), preprocessing)
    write_model(tmp_path / "model", config.build(item_shape), description)
    model: Any = load_model(tmp_path / "model", "cpu")
    paths = export_model(tmp_path / "model", tmp_path / "onnx")
    assert [path.name for path in paths] == ["encoder.onnx", "decoder.onnx"]
    x = np.random.default_rng(1).random((5, *item_shape), np.float32)
    encoder, decoder = (open_graph(path, num_threads=1) for path in paths)
    assert encoder.metadata.describe() == description
    mean_NL, log_variance_NL = encoder.run(x)
    for found, expected in zip((mean_NL, log_variance_NL), model.encode(x), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-5)
    np.testing.assert_allclose(decoder.run(mean_NL)[0], model.decode(mean_NL), rtol=0.0, atol=1e-5)
    with pytest.raises(SubsongError, match="name a folder"):
        export_model(tmp_path / "model", tmp_path / "model.onnx")
