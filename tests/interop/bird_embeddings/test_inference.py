"""Embeddings from every kind of model file, and their own files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from subsong.core.errors import SubsongError
from subsong.interop.bird_embeddings import (
    EmbeddingExtractor,
    VariationalAutoencoder,
    load_and_extract,
    load_embeddings,
    save_embeddings,
    save_model_for_inference,
    set_seed,
    train_variational_autoencoder,
)
from subsong.interop.bird_embeddings.frames import find_species


@pytest.fixture(scope="module")
def species(matrix):
    return find_species(matrix)


@pytest.fixture(scope="module")
def model(species):
    set_seed(0)
    return VariationalAutoencoder(len(species), 4, 16).eval()


@pytest.fixture
def path(model, species, tmp_path):
    save_model_for_inference(model, tmp_path / "m.pth", len(species), 4, [16, 16, 16], {"species": species})
    return tmp_path / "m.pth"


@pytest.fixture
def expected(model, matrix, species):
    with torch.inference_mode():
        return model.encode(torch.from_numpy(matrix[species].to_numpy(np.float32, copy=True)))[0].numpy()


def test_a_frame_with_an_id_column_is_embedded(path, matrix, expected):
    found = load_and_extract(path, matrix)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_batch_size_changes_nothing(path, matrix):
    extractor = EmbeddingExtractor(path, device="cpu")
    for use_mean in (True, False):
        whole, parts = (extractor.extract_embeddings(matrix, use_mean, size) for size in (1000, 7))
        np.testing.assert_allclose(whole, parts, atol=1e-5)


def test_arrays_tensors_and_polars_frames_are_as_good(path, matrix, species, expected):
    extractor = EmbeddingExtractor(path)
    vectors = matrix[species].to_numpy(copy=True)
    frames = pl.DataFrame({name: matrix[name].to_numpy() for name in species})
    for data in (vectors, torch.from_numpy(vectors), frames):
        np.testing.assert_allclose(extractor.extract_embeddings(data), expected, atol=1e-6)


def test_columns_are_aligned_by_name_and_strangers_reported(path, matrix, species, expected, caplog):
    extractor = EmbeddingExtractor(path)
    shuffled = matrix[[matrix.columns[0], *reversed(species)]].assign(Dodo=1)
    shuffled.attrs = {}
    np.testing.assert_allclose(extractor.extract_embeddings(shuffled), expected, atol=1e-6)
    assert "hold, unknown to the model, 1 species: Dodo" in caplog.text
    extractor.extract_embeddings(shuffled.drop(columns=species[0]))
    assert f"lack, taken as absent, 1 species: {species[0]}" in caplog.text
    with pytest.raises(SubsongError, match="none of the model's"):
        extractor.extract_embeddings(pd.DataFrame({"Dodo": [1]}))


def test_metadata_are_no_species(path, model, species, matrix, expected, tmp_path):
    torch.save(model.state_dict(), tmp_path / "bare.pt")
    with_place = matrix.assign(LATITUDE=10.0)
    with_place.attrs = {}
    for file in (path, tmp_path / "bare.pt"):
        np.testing.assert_allclose(load_and_extract(file, with_place), expected, atol=1e-6)


def test_probabilities_come_with_the_embeddings(path, matrix, species, expected):
    embeddings, probabilities = EmbeddingExtractor(path).extract_with_reconstruction(matrix)
    np.testing.assert_allclose(embeddings, expected, atol=1e-6)
    assert probabilities.shape == (len(matrix), len(species))
    assert ((probabilities > 0) & (probabilities < 1)).all()


def test_draws_follow_their_seed_and_scatter_around_the_mean(path, matrix, expected):
    extractor = EmbeddingExtractor(path)
    first, again, other = (extractor.extract_embeddings(matrix, use_mean=False, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.abs((first - expected).mean()) < 0.2


def test_the_trainer_s_own_checkpoints_can_be_read(loaders, matrix, tmp_path):
    set_seed(0)
    model = VariationalAutoencoder(loaders[0].dataset.num_species, 4, 16)
    train_variational_autoencoder(model, *loaders, num_epochs=1, print_every=0, checkpoint_dir=tmp_path, save_every=1)
    extractor = EmbeddingExtractor(tmp_path / "checkpoint_epoch_1.pt")
    assert extractor.species == loaders[0].dataset.species_columns
    assert extractor.extract_embeddings(matrix).shape == (len(matrix), 4)


def test_a_pickled_model_needs_trust(model, matrix, expected, tmp_path):
    torch.save(model, tmp_path / "whole.pt")
    with pytest.raises(SubsongError, match="nothing in it was executed: say trust=True"):
        EmbeddingExtractor(tmp_path / "whole.pt")
    found = EmbeddingExtractor(tmp_path / "whole.pt", trust=True).extract_embeddings(matrix)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_what_is_missing_or_does_not_fit_is_named(path, tmp_path):
    with pytest.raises(FileNotFoundError, match="no model file"):
        EmbeddingExtractor(tmp_path / "no.pth")
    torch.save({"input_dim": 3}, tmp_path / "empty.pth")
    with pytest.raises(ValueError, match="lacks model_state_dict"):
        EmbeddingExtractor(tmp_path / "empty.pth")
    with pytest.raises(SubsongError, match=r"have shape \(2, 3\), expected \(number, \d+\)"):
        load_and_extract(path, np.zeros((2, 3)))


@pytest.mark.parametrize("name", ["e.npz", "e.csv"])
def test_embeddings_and_ids_come_back_without_pickle(name, matrix, tmp_path):
    embeddings = np.random.default_rng(0).normal(size=(len(matrix), 4)).astype(np.float32)
    ids = matrix["SAMPLING EVENT IDENTIFIER"]
    save_embeddings(embeddings, tmp_path / name, ids)
    found = load_embeddings(tmp_path / name)
    np.testing.assert_array_equal(found["embeddings"], embeddings)
    assert found["checklist_ids"].tolist() == ids.tolist()
    assert found["checklist_ids"].dtype.kind == "U"


def test_an_npz_holds_its_metadata_flat(tmp_path):
    metadata = {"latent_dim": 2, "model_path": "m.pth", "settings": {"noise": 0.1}, "none": None}
    save_embeddings(np.zeros((3, 2), np.float32), tmp_path / "e.npz", metadata=metadata)
    found = load_embeddings(tmp_path / "e.npz")
    assert set(found) == {"embeddings", "latent_dim", "model_path", "settings", "none"}
    assert (found["latent_dim"], found["model_path"], found["settings"]) == (2, "m.pth", '{"noise": 0.1}')
    with pytest.raises(SubsongError, match="metadata cannot be called 'embeddings'"):
        save_embeddings(np.zeros((3, 2)), tmp_path / "e.npz", metadata={"embeddings": 1})


def test_a_csv_has_the_documented_columns(tmp_path):
    save_embeddings(np.eye(2, dtype=np.float32), tmp_path / "e.csv", ["S1", "S2"])
    assert pd.read_csv(tmp_path / "e.csv").columns.tolist() == ["checklist_id", "0", "1"]
    save_embeddings(np.eye(2, dtype=np.float32), tmp_path / "bare.csv")
    assert set(load_embeddings(tmp_path / "bare.csv")) == {"embeddings"}


def test_ids_saved_as_objects_need_trust(tmp_path):
    np.savez(tmp_path / "old.npz", embeddings=np.zeros((1, 2)), checklist_ids=np.array(["S1"], dtype=object))
    with pytest.raises(SubsongError, match="checklist_ids holds pickled objects"):
        load_embeddings(tmp_path / "old.npz")
    assert load_embeddings(tmp_path / "old.npz", trust=True)["checklist_ids"].tolist() == ["S1"]


def test_other_endings_and_other_numbers_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"ends in \.npz or \.csv"):
        save_embeddings(np.zeros((1, 2)), tmp_path / "e.parquet")
    with pytest.raises(SubsongError, match="2 ids for 1 embeddings"):
        save_embeddings(np.zeros((1, 2)), tmp_path / "e.npz", ["S1", "S2"])
    with pytest.raises(FileNotFoundError, match="no embeddings at"):
        load_embeddings(tmp_path / "no.npz")
    (tmp_path / "e.txt").write_text("")
    with pytest.raises(ValueError, match=r"ends in \.npz or \.csv"):
        load_embeddings(tmp_path / "e.txt")
