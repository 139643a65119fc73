"""The container: fields in order, and never stale ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from scipy.io import wavfile

from subsong.core.errors import SubsongError
from subsong.interop.ava.data.data_container import DataContainer
from subsong.interop.ava.models.vae import VAE

from .files import COUNTS, make_specs, write_like_ava

NUM_SPECS = sum(COUNTS)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Return two checkpoints."""
    paths = [tmp_path_factory.mktemp("models") / f"{name}.tar" for name in ("first", "second")]
    for seed, path in enumerate(paths):
        torch.manual_seed(seed)
        VAE(z_dim=8, device_name="cpu").save_state(path)
    yield [str(path) for path in paths]
    for path in paths:
        path.unlink()


@pytest.fixture
def projection_dirs(spec_dirs: list[str]) -> list[str]:
    return [str(Path(folder).with_name("projs")) for folder in spec_dirs]


@pytest.fixture
def container(models: list[str], spec_dirs: list[str], projection_dirs: list[str]) -> DataContainer:
    return DataContainer(spec_dirs=spec_dirs, projection_dirs=projection_dirs, model_filename=models[0])


def test_fields_of_the_spectrogram_files_come_in_their_order(container: DataContainer) -> None:
    expected = np.concatenate([make_specs(number, count) for number, count in enumerate(COUNTS)])
    np.testing.assert_array_equal(container.request("specs"), expected)
    names = container.request("audio_filenames")
    assert names.tolist() == [f"audio/bird{number}.wav" for number, count in enumerate(COUNTS) for _ in range(count)]
    np.testing.assert_allclose(container.request("offsets") - container.request("onsets"), 0.25)


def test_latents_are_the_models_in_evaluation_mode_and_kept_as_ava_keeps_them(
    container: DataContainer, projection_dirs: list[str]
) -> None:
    latent = container.request("latent_means")
    model = VAE(z_dim=8, device_name="cpu")
    model.load_state(container.model_filename)
    specs = torch.from_numpy(container.request("specs").astype(np.float32))
    np.testing.assert_allclose(latent, model.get_latent((specs, specs)), atol=1e-5)
    with h5py.File(Path(projection_dirs[1]) / "syllables_0000.hdf5") as file:
        assert file["latent_means"].dtype == np.float64
        np.testing.assert_array_equal(file["latent_means"][()], latent[16:21])


def test_what_is_kept_is_read_again(container: DataContainer, monkeypatch: pytest.MonkeyPatch) -> None:
    latent = container.request("latent_means")
    monkeypatch.setattr(VAE, "get_latent", lambda self, loader: pytest.fail("made again"))
    np.testing.assert_array_equal(container.request("latent_means"), latent)
    container.model_filename = None
    np.testing.assert_array_equal(container.request("latent_means"), latent)


def test_another_model_never_gets_stale_latents_or_maps(models: list[str], container: DataContainer) -> None:
    latent, pca = container.request("latent_means"), container.request("latent_mean_pca")
    container.model_filename = models[1]
    assert not np.allclose(container.request("latent_means"), latent)
    assert not np.allclose(container.request("latent_mean_pca"), pca)
    container.model_filename = models[0]
    np.testing.assert_array_equal(container.request("latent_means"), latent)
    np.testing.assert_allclose(container.request("latent_mean_pca"), pca)


def test_another_file_of_spectrograms_under_the_old_name_is_embedded_anew(
    container: DataContainer, spec_dirs: list[str]
) -> None:
    latent = container.request("latent_means")
    write_like_ava(Path(spec_dirs[0]) / "syllables_0000.hdf5", 9, 8)
    again = container.request("latent_means")
    assert not np.allclose(again[:8], latent[:8])
    np.testing.assert_array_equal(again[8:], latent[8:])


def test_latents_of_avas_are_read_when_no_model_is_given_and_not_trusted_when_one_is(
    container: DataContainer, spec_dirs: list[str], projection_dirs: list[str]
) -> None:
    for spec_dir, folder in zip(spec_dirs, projection_dirs, strict=True):
        Path(folder).mkdir()
        for path in Path(spec_dir).iterdir():
            with h5py.File(path) as specs, h5py.File(Path(folder) / path.name, "w") as file:
                file["latent_means"] = np.full((len(specs["specs"]), 32), 7.0)
                file["mean_entropy"] = np.zeros(len(specs["specs"]))
    without = DataContainer(spec_dirs=spec_dirs, projection_dirs=projection_dirs)
    assert (without.request("latent_means") == 7).all()
    assert container.request("latent_means").shape == (NUM_SPECS, 8)
    with h5py.File(Path(projection_dirs[0]) / "syllables_0000.hdf5") as file:
        assert set(file) == {"latent_means", "mean_entropy"}


def test_pca_is_that_of_all_latents(container: DataContainer) -> None:
    latent, pca = container.request("latent_means"), container.request("latent_mean_pca")
    centred = latent - latent.mean(axis=0)
    assert pca.shape == (NUM_SPECS, 2)
    np.testing.assert_allclose((pca**2).sum(axis=0), np.linalg.svd(centred, compute_uv=False)[:2] ** 2, rtol=1e-4)


@pytest.mark.slow
def test_the_umap_is_kept_and_the_same_each_time(container: DataContainer) -> None:
    first = container.request("latent_mean_umap")
    assert first.shape == (NUM_SPECS, 2)
    np.testing.assert_array_equal(container.request("latent_mean_umap"), first)


def test_clearing_deletes_projections_and_nothing_else(container: DataContainer, projection_dirs: list[str]) -> None:
    container.request("latent_means")
    (Path(projection_dirs[0]) / "notes.txt").write_text("kept")
    container.clear_projections()
    assert [path.name for folder in projection_dirs for path in Path(folder).iterdir()] == ["notes.txt"]
    assert container.request("latent_means").shape == (NUM_SPECS, 8)


@pytest.mark.parametrize("text", ["# Onsets/offsets\n0.10000 0.20000\n0.30000 0.45000\n", "0.1\t0.2\n0.3\t0.45\n"])
def test_segments_and_their_sound_are_found_by_name(tmp_path: Path, text: str) -> None:
    audio_dir, segment_dir = tmp_path / "audio", tmp_path / "segs"
    audio_dir.mkdir()
    segment_dir.mkdir()
    sound = (np.sin(np.arange(8000)) * 16384).astype(np.int16)
    for name in ("a", "b", "without"):
        wavfile.write(audio_dir / f"{name}.wav", 8000, sound)
    (segment_dir / "a.txt").write_text(text)
    (segment_dir / "b.txt").write_text("# no segments\n")
    container = DataContainer(audio_dirs=[audio_dir], segment_dirs=[segment_dir])
    segments = container.request("segments")
    assert segments.keys() == {str(audio_dir)}
    assert segments[str(audio_dir)].keys() == {"a.wav"}
    np.testing.assert_allclose(segments[str(audio_dir)]["a.wav"], [[0.1, 0.2], [0.3, 0.45]])
    pieces = container.request("segment_audio")[str(audio_dir)]["a.wav"]
    assert [len(piece) for piece in pieces] == [800, 1200]
    np.testing.assert_array_equal(pieces[0], (sound[800:1600] / 32768).astype(np.float32))


def test_what_cannot_be_answered_is_said_in_one_sentence(tmp_path: Path, spec_dirs: list[str]) -> None:
    container = DataContainer(spec_dirs=spec_dirs)
    with pytest.raises(SubsongError, match="did you mean 'latent_means'"):
        container.request("latent_mean")
    with pytest.raises(SubsongError, match="needs projection_dirs"):
        container.request("latent_means")
    with pytest.raises(SubsongError, match="segments needs audio_dirs"):
        container.request("segments")
    with pytest.raises(SubsongError, match="they belong together in pairs"):
        DataContainer(spec_dirs=spec_dirs, projection_dirs=[tmp_path]).request("latent_means")
    projections = [tmp_path / "p1", tmp_path / "p2"]
    with pytest.raises(SubsongError, match="give the DataContainer a model_filename"):
        DataContainer(spec_dirs=spec_dirs, projection_dirs=projections).request("latent_means")
    with pytest.raises(SubsongError, match="no checkpoint"):
        DataContainer(spec_dirs=spec_dirs, projection_dirs=projections, model_filename="no.tar").request("latent_means")
