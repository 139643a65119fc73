"""Models of bird-embeddings become model folders that give the same codes, with the names of their species."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from subsong.core.errors import SubsongError
from subsong.inference.checklists import TrainedChecklistVae
from subsong.inference.load import load_model
from subsong.interop.bird_embeddings.importing import import_bird_embeddings, read_species_names
from subsong.interop.bird_embeddings.models import VariationalAutoencoder

NAMES = [f"Bird {number}" for number in range(12)]


def write(path: Path, content: Any) -> VariationalAutoencoder:
    model = VariationalAutoencoder(12, 3, 8).eval()
    torch.save(content(model), path)
    return model


def write_names(path: Path) -> Path:
    texts = {".txt": "\n".join(NAMES), ".json": json.dumps({"species": NAMES}), ".csv": "name\n" + "\n".join(NAMES)}
    path.write_text(texts[path.suffix])
    return path


@pytest.mark.parametrize("species", ["species.txt", "species.json", "species.csv", None])
def test_a_model_gives_the_codes_and_probabilities_of_the_original(tmp_path: Path, species: str | None) -> None:
    metadata = {"metadata": {"species": NAMES}} if species is None else {}
    theirs = write(tmp_path / "m.pth", lambda model: {"model_state_dict": model.state_dict(), **metadata})
    names = None if species is None else write_names(tmp_path / species)
    import_bird_embeddings(tmp_path / "m.pth", tmp_path / "model", names)
    ours = load_model(tmp_path / "model", "cpu")
    assert isinstance(ours, TrainedChecklistVae)
    assert ours.species["key"].to_list() == NAMES
    lists = np.random.default_rng(0).integers(0, 2, (5, 12)).astype(np.float32)
    with torch.inference_mode():
        mean_BL, _ = theirs.encode(torch.from_numpy(lists))
        np.testing.assert_allclose(ours.embed(lists), mean_BL, atol=1e-6)
        np.testing.assert_allclose(ours.decode(mean_BL.numpy()), theirs.decode(mean_BL), atol=1e-6)


def test_lists_are_matched_by_common_names(tmp_path: Path) -> None:
    write(tmp_path / "m.pth", lambda model: model.state_dict())
    import_bird_embeddings(tmp_path / "m.pth", tmp_path / "model", write_names(tmp_path / "species.txt"))
    (tmp_path / "lists.csv").write_text("site,Bird 3,Bird 0\na,1,0\nb,1,1\n")
    ours = load_model(tmp_path / "model", "cpu")
    assert isinstance(ours, TrainedChecklistVae)
    assert ours.embed(tmp_path / "lists.csv").shape == (2, 3)


def test_a_pickled_model_needs_trust(tmp_path: Path) -> None:
    write(tmp_path / "m.pth", lambda model: model)
    names = write_names(tmp_path / "species.txt")
    with pytest.raises(SubsongError, match="nothing in it was executed"):
        import_bird_embeddings(tmp_path / "m.pth", tmp_path / "model", names)
    import_bird_embeddings(tmp_path / "m.pth", tmp_path / "model", names, trust=True)


def test_names_that_are_missing_or_too_few_are_said(tmp_path: Path) -> None:
    write(tmp_path / "m.pth", lambda model: model.state_dict())
    with pytest.raises(SubsongError, match=r"does not name its 12 species.*give --species FILE"):
        import_bird_embeddings(tmp_path / "m.pth", tmp_path / "model")
    (tmp_path / "few.txt").write_text("a\nb\n")
    with pytest.raises(SubsongError, match=r"few\.txt names 2 species, the model has 12"):
        import_bird_embeddings(tmp_path / "m.pth", tmp_path / "model", tmp_path / "few.txt")
    (tmp_path / "twice.txt").write_text("a\na\n")
    with pytest.raises(SubsongError, match="found 'a' twice"):
        read_species_names(tmp_path / "twice.txt")
    assert not (tmp_path / "model").exists()
