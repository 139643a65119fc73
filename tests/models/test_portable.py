"""The portable model folder: what is written can be used again, and what is damaged says so."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from torch import nn

from subsong.core.config import ImportedPart
from subsong.core.errors import SubsongError
from subsong.datasets.types import Batch
from subsong.models.build import build_model
from subsong.models.mlp import MlpConfig
from subsong.models.portable import ModelDescription, read_model, write_model
from subsong.models.vae import VaeConfig

CONFIG = VaeConfig(latent_dim=2, network=MlpConfig(hidden=(6,)))
DESCRIPTION = ModelDescription(
    "digits-vae",
    CONFIG.model_dump(mode="json"),
    {"item_shape": [1, 3, 3], "value_range": [0.0, 1.0]},
    ["zero", "one"],
    {"epoch": 3},
)


@pytest.fixture
def folder(tmp_path):
    write_model(tmp_path / "model", CONFIG.build((1, 3, 3)), DESCRIPTION)
    return tmp_path / "model"


def change_json(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_model_comes_back_bit_for_bit(tmp_path):
    model = CONFIG.build((1, 3, 3)).eval()
    write_model(tmp_path / "model", model, DESCRIPTION)
    again, description = read_model(tmp_path / "model")
    x = torch.rand(4, 1, 3, 3)
    batch = Batch(torch.arange(4), x, x)
    for ours, theirs in zip(model(batch).posterior, again(batch).posterior, strict=True):
        assert torch.equal(ours, theirs)
    assert torch.equal(model(batch).likelihood.mean, again(batch).likelihood.mean)
    assert description == DESCRIPTION
    assert not again.training


def test_the_folder_may_be_moved(folder, tmp_path):
    shutil.move(folder, tmp_path / "elsewhere")
    assert read_model(tmp_path / "elsewhere")[1] == DESCRIPTION


def test_the_card_is_for_people(folder):
    card = (folder / "card.md").read_text()
    assert "1 x 3 x 3 values in [0, 1]" in card
    assert "epoch: 3" in card


def test_nothing_half_written_is_left(folder):
    names = {path.name for path in folder.iterdir()}
    assert names == {"model.safetensors", "config.json", "preprocessing.json", "labels.json", "card.md"}
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "preprocessing.json", "labels.json"])
@pytest.mark.parametrize("damage", ["missing", "truncated", "garbage"])
def test_a_damaged_file_is_named(folder, name, damage):
    file = folder / name
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:5] if damage == "truncated" else b"\x80\x02garbage")
    with pytest.raises(SubsongError, match=r"model"):
        read_model(folder)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": "other"}, "does not describe a Subsong model"),
        ({"version": 2}, "version 2, this program reads 1"),
        ({"model": None}, "does not describe a model this program knows"),
        ({"model": {"kind": "gan"}}, "does not describe a model this program knows"),
        ({"model": {"kind": "vae", "latent_dim": "many"}}, "latent_dim"),
        ({"model": {**DESCRIPTION.model, "latent_dim": 3}}, "weights of another model"),
    ],
)
def test_another_header_is_one_sentence(folder, changes, sentence):
    change_json(folder / "config.json", **changes)
    with pytest.raises(SubsongError, match=sentence):
        read_model(folder)


@pytest.mark.parametrize("name", ["config.json", "preprocessing.json"])
def test_a_file_that_holds_a_list_is_one_sentence(folder, name):
    (folder / name).write_text("[1, 2]")
    with pytest.raises(SubsongError, match="expected a JSON object"):
        read_model(folder)


def test_a_folder_of_something_else_is_one_sentence(tmp_path):
    with pytest.raises(SubsongError, match="not a model folder"):
        read_model(tmp_path)


def test_a_user_s_class_is_imported_only_when_trusted(tmp_path):
    source = tmp_path / "mine.py"
    source.write_text(
        f"from pathlib import Path\nfrom torch import nn\nPath({str(tmp_path / 'ran')!r}).touch()\n"
        "class Mine(nn.Linear):\n    def __init__(self):\n        super().__init__(2, 1)\n"
    )
    config = {"kind": "import", "target": f"{source}:Mine", "arguments": {}}
    write_model(tmp_path / "model", nn.Linear(2, 1), ModelDescription("custom", config, {"item_shape": [2]}))
    with pytest.raises(SubsongError, match="trust=True"):
        read_model(tmp_path / "model")
    assert not (tmp_path / "ran").exists()
    module, _ = read_model(tmp_path / "model", trust=True)
    assert type(module).__name__ == "Mine"


def test_a_user_s_target_must_make_a_module():
    with pytest.raises(SubsongError, match=r"expected a torch\.nn\.Module"):
        build_model(ImportedPart(target="collections:OrderedDict"), (1,))
