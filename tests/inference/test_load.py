"""Loading a model as what it is to be used for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from subsong.core.errors import SubsongError
from subsong.inference import load
from subsong.models.portable import ModelDescription, write_model
from subsong.models.vae import VaeConfig


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, config = tmp_path_factory.mktemp("digits") / "model", VaeConfig(latent_dim=2)
    description = ModelDescription("digits-vae", config.model_dump(mode="json"), {"item_shape": [6]})
    write_model(folder, config.build((6,)), description)
    return folder


@pytest.mark.parametrize("load_it", [load.load_model, load.load_vae, load.load_encoder])
def test_a_vae_is_a_model_with_a_latent_code(load_it: Callable[..., Any], digits: Path) -> None:
    model = load_it(digits, "cpu")
    assert (model.description.recipe, model.latent_dim, model.item_shape) == ("digits-vae", 2, (6,))


@pytest.mark.parametrize(
    ("load_it", "expected"),
    [
        (load.load_segmenter, "which annotates nothing: expected a song-segmenter"),
        (load.load_vunet, "expected one of poses"),
        (load.load_sound_model, "expected one of syllables or windows"),
        (load.load_window_model, "which has no windows to slide along song: expected a shotgun-vae"),
        (load.load_checklist_model, "expected one of checklists"),
    ],
)
def test_a_model_of_another_family_is_named_with_what_was_expected(
    load_it: Callable[..., Any], expected: str, digits: Path
) -> None:
    with pytest.raises(SubsongError, match=rf"model is a model of digits-vae.*{expected}"):
        load_it(digits, "cpu")


def test_a_segmenter_s_classes_are_read_from_its_description() -> None:
    stored = {"classes": [{"name": "a", "kind": "segment"}, {"name": "tap", "kind": "event"}]}
    assert ModelDescription("song-segmenter", {}, stored).classes == (("a", "segment"), ("tap", "event"))
    assert ModelDescription("digits-vae", {}, {"item_shape": [6]}).classes == ()
