"""Models of DAS become segmenters that say what DAS says; what cannot is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from subsong.core.errors import SubsongError
from subsong.inference.load import load_model
from subsong.inference.segmenter import TrainedSegmenter
from subsong.interop.das.models import import_das_model, read_das_model
from subsong.sources.audio import write_audio

from .keras_model import Layer, compute_like_das, draw_layers, write_model


@pytest.mark.parametrize("separable", [(False, False), (True, False)])
def test_a_model_gives_the_probabilities_of_das(tmp_path: Path, separable: tuple[bool, bool]) -> None:
    layers = draw_layers(separable, num_channels=2, num_classes=3)
    network = read_das_model(write_model(tmp_path, layers)).network
    sound_TR = np.random.default_rng(1).normal(0, 1, (300, 2))
    with torch.inference_mode():
        ours_CT = network(torch.from_numpy(sound_TR.T[None]).float()).compute_probabilities()[0].numpy()
    np.testing.assert_allclose(ours_CT.T, compute_like_das(layers, sound_TR)[:, 1:], atol=2e-6)


def test_a_model_of_one_event_gives_its_probability(tmp_path: Path) -> None:
    layers = draw_layers((False, False), num_channels=1, num_classes=2)
    stem = write_model(tmp_path, layers, nb_freq=1, class_names="[noise, pulse]", class_types="[segment, event]")
    sound_TR = np.random.default_rng(1).normal(0, 1, (300, 1))
    with torch.inference_mode():
        ours_CT = read_das_model(stem).network(torch.from_numpy(sound_TR.T[None]).float()).compute_probabilities()[0]
    np.testing.assert_allclose(ours_CT.numpy().T, compute_like_das(layers, sound_TR)[:, 1:], atol=2e-6)


def test_an_imported_model_annotates_recordings_with_the_settings_das_found(tmp_path: Path) -> None:
    layers = draw_layers((False, False), num_channels=1, num_classes=3)
    import_das_model(write_model(tmp_path, layers, nb_freq=1), tmp_path / "model")
    model = load_model(tmp_path / "model", "cpu")
    assert isinstance(model, TrainedSegmenter)
    assert model.decoding.fill_gap_s == pytest.approx(0.01)
    assert model.decoding.min_duration_s == 0.02
    sound = np.random.default_rng(1).normal(0, 0.2, 20_000).clip(-1, 1)
    write_audio(tmp_path / "a.wav", sound, 10_000)
    assert set(model.annotate(tmp_path / "a.wav")["label"]) <= {"a", "b"}
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"first": "trainable_stft"}, "a spectrogram in front, and its numbers cannot be had without DAS"),
        ({"first": "bidirectional"}, "an LSTM behind"),
        ({"without": "lambda"}, "does not divide by the largest channel"),
        ({"without": "dense"}, "the two files do not belong together"),
        ({"nb_filters": 8}, "the two files do not belong together"),
        ({"class_names": "[noise, a]"}, "expected one kind a name"),
        ({"model_name": "cnn"}, "is a network 'cnn'"),
        ({"nb_freq": "null"}, "does not say nb_freq"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    layers = draw_layers((False, False), num_channels=2, num_classes=3)
    first, without = change.pop("first", None), change.pop("without", "nothing")
    layers = [*([Layer(first, {})] if first else []), *(one for one in layers if not one.name.startswith(without))]
    with pytest.raises(SubsongError, match=message):
        read_das_model(write_model(tmp_path, layers, **change))


def test_damaged_and_lacking_files_are_named(tmp_path: Path) -> None:
    stem = write_model(tmp_path, draw_layers((False, False), 2, 3))
    whole = (tmp_path / "old_model.h5").read_bytes()
    (tmp_path / "old_model.h5").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SubsongError, match=r"old_model\.h5 is no HDF5 file, or a damaged one"):
        read_das_model(stem)
    (tmp_path / "old_params.yaml").write_text("a: [1\n")
    with pytest.raises(SubsongError, match=r"old_params\.yaml is no parameter file of DAS, or a damaged one"):
        read_das_model(stem)
    (tmp_path / "old_params.yaml").unlink()
    with pytest.raises(SubsongError, match=r"old_params\.yaml does not exist"):
        read_das_model(tmp_path / "old_model.h5")
