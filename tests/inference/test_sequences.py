"""Latent sequences: each window as if it were embedded alone, written in parts, read back, stacked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.windows.axes import PlainTimes
from subsong.inference import sequence_embedding
from subsong.inference.embeddings import read_embedding
from subsong.inference.load import load_window_model
from subsong.inference.sequence_embedding import collect_sequences, embed_plan
from subsong.inference.sequence_files import SequenceShape, write_sequences
from subsong.inference.sequence_plan import plan_sequences
from subsong.inference.sequence_spectrograms import fetch_along
from subsong.inference.sequences import LatentSequences, build_sequences, read_sequences, stack_renditions

from .sliding import LATENT_DIM, SIZE, WINDOW_S, Colony

HOP_S = 0.02


@pytest.fixture(scope="module")
def model(colony: Colony):
    return load_window_model(colony.model, "cpu")


@pytest.fixture(scope="module")
def frames(colony: Colony, model):
    return model.read_frames(colony.windows)


@pytest.fixture(scope="module")
def axis(frames) -> PlainTimes:
    return PlainTimes(frames.regions, WINDOW_S, SIZE)


@pytest.fixture(scope="module")
def sequences(model, frames, axis) -> LatentSequences:
    plan = plan_sequences(axis, HOP_S)
    return collect_sequences(embed_plan(model, frames, axis, plan), plan)


def test_every_window_has_the_code_it_has_alone(model, frames, sequences: LatentSequences) -> None:
    regions = dict(zip(frames.regions.select("source", "row").rows(), range(len(frames)), strict=True))
    for number in np.random.default_rng(0).permutation(len(sequences.latents_NL))[:12]:
        item = sequences.items.row(int(number), named=True)
        times_NT = np.linspace(item["start_s"], item["stop_s"], SIZE)[None]
        image_NFT = frames.fetch(np.array([regions[item["source"], item["row"]]]), times_NT).numpy()
        np.testing.assert_allclose(model.embed(image_NFT), sequences.latents_NL[[number]], atol=1e-5)


def test_items_say_where_each_window_is(frames, sequences: LatentSequences) -> None:
    for (items, codes), region in zip(sequences.iterate(), frames.regions.iter_rows(named=True), strict=True):
        assert items.select("source", "row", "context").unique().row(0) == (
            region["source"],
            region["row"],
            region["context"],
        )
        assert len(codes) == items.height
        np.testing.assert_allclose(items["start_s"], region["onset_s"] + HOP_S * np.arange(items.height), atol=1e-9)
        np.testing.assert_allclose(items["stop_s"] - items["start_s"], WINDOW_S)
        assert items["stop_s"].to_numpy().max() <= region["offset_s"] + 1e-9


@pytest.mark.parametrize(("batch_size", "part_size"), [(1, 1 << 14), (7, 10), (500, 33)])
def test_batches_and_parts_change_no_code(
    model, frames, axis, sequences: LatentSequences, monkeypatch, batch_size: int, part_size: int
) -> None:
    monkeypatch.setattr(sequence_embedding, "_PART_SIZE", part_size)
    plan = plan_sequences(axis, HOP_S).pick(np.arange(2))
    again = collect_sequences(embed_plan(model, frames, axis, plan, batch_size), plan)
    np.testing.assert_allclose(again.latents_NL, sequences.latents_NL[: plan.num_windows], atol=1e-5)
    assert again.items.equals(sequences.items[: plan.num_windows])


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".npz"])
def test_a_file_written_in_parts_is_read_as_what_is_in_memory(
    model, frames, axis, sequences: LatentSequences, monkeypatch, tmp_path: Path, suffix: str
) -> None:
    monkeypatch.setattr(sequence_embedding, "_PART_SIZE", 11)
    plan, path = plan_sequences(axis, HOP_S), tmp_path / f"seq{suffix}"
    told: list[tuple[str, int, int]] = []
    parts = embed_plan(model, frames, axis, plan, progress=lambda *said: told.append(said))
    shape = SequenceShape(len(plan.region_M), plan.num_windows, LATENT_DIM, WINDOW_S, HOP_S)
    write_sequences(path, parts, shape, with_variance=True)
    found = read_sequences(path)
    np.testing.assert_allclose(found.latents_NL, sequences.latents_NL, atol=1e-5)
    np.testing.assert_array_equal(found.offsets, sequences.offsets)
    for name in ("source", "row", "step", "context"):
        assert found.items[name].to_list() == sequences.items[name].to_list()
    np.testing.assert_allclose(found.items["start_s"], sequences.items["start_s"], atol=1e-12)
    assert told[-1] == ("windows embedded", plan.num_windows, plan.num_windows)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_tables_hold_variances_and_are_tables_of_codes_too(model, frames, axis, tmp_path: Path) -> None:
    plan, path = plan_sequences(axis, HOP_S), tmp_path / "seq.parquet"
    parts = list(embed_plan(model, frames, axis, plan))
    write_sequences(path, iter(parts), SequenceShape(1, plan.num_windows, LATENT_DIM, WINDOW_S, HOP_S), True)
    variance = pl.read_parquet(path).select(f"v{number}" for number in range(LATENT_DIM)).to_numpy()
    np.testing.assert_allclose(variance, np.exp(parts[0].log_variance_NL))
    assert read_embedding(path).latents_NL.shape == (plan.num_windows, LATENT_DIM)


def test_an_archive_has_the_arrays_of_avas_latent_sequences_and_the_same_bytes_twice(
    model, frames, axis, tmp_path: Path
) -> None:
    plan, paths = plan_sequences(axis, HOP_S), (tmp_path / "one.npz", tmp_path / "two.npz")
    for path in paths:
        parts = embed_plan(model, frames, axis, plan)
        write_sequences(path, parts, SequenceShape(1, plan.num_windows, LATENT_DIM, WINDOW_S, HOP_S))
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with np.load(paths[0]) as archive:
        assert archive["mu"].shape == archive["logvar"].shape == (plan.num_windows, LATENT_DIM)
        assert archive["start_times_sec"].shape == (plan.num_windows,)
        assert (float(archive["window_length_sec"]), float(archive["hop_length_sec"])) == (WINDOW_S, HOP_S)
        assert len(archive["source"]) == len(archive["offsets"]) - 1 == len(plan.region_M)


def test_a_file_that_fails_midway_leaves_what_was_there(model, frames, axis, tmp_path: Path) -> None:
    path = tmp_path / "seq.parquet"
    path.write_text("before")

    def break_off():
        yield from embed_plan(model, frames, axis, plan_sequences(axis, 0.1))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_sequences(path, break_off(), SequenceShape(1, 1, LATENT_DIM, WINDOW_S, HOP_S))
    assert path.read_text() == "before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["seq.parquet"]


def test_codes_of_syllables_are_no_sequences(tmp_path: Path) -> None:
    pl.DataFrame({"source": ["a"], "row": [0], "z0": [1.0]}).write_csv(tmp_path / "codes.csv")
    with pytest.raises(SubsongError, match="no column step: expected latent sequences"):
        read_sequences(tmp_path / "codes.csv")
    np.savez(tmp_path / "codes.npz", z=np.zeros((1, 2)))
    with pytest.raises(SubsongError, match="no array 'mu': expected latent sequences"):
        read_sequences(tmp_path / "codes.npz")


def stack_made_up(spans: list[tuple[int, int]]) -> LatentSequences:
    """Return warped sequences from step to step, whose codes are (sequence, step)."""
    rows = [(f"{number}.wav", number, step) for number, span in enumerate(spans) for step in range(*span)]
    items = pl.DataFrame(rows, ["source", "row", "step"], orient="row")
    items = items.with_columns(template_start_s=pl.col("step") * 0.5)
    return build_sequences(items, items.select("row", "step").to_numpy())


def test_renditions_are_stacked_step_by_step_and_those_that_end_early_left_out() -> None:
    stacked = stack_renditions(stack_made_up([(-1, 6), (0, 5), (0, 2), (0, 6)]))
    assert stacked.sequences.tolist() == [0, 1, 3]
    assert stacked.template_s.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    np.testing.assert_array_equal(stacked.latents_RSL[:, :, 1], [[0, 1, 2, 3, 4]] * 3)
    np.testing.assert_array_equal(stacked.latents_RSL[:, :, 0].T, [[0, 1, 3]] * 5)
    assert stacked.renditions["source"].to_list() == ["0.wav", "1.wav", "3.wav"]


def test_the_stack_is_the_one_that_holds_most_windows() -> None:
    spans = [(int(a), int(b)) for a, b in np.random.default_rng(1).integers([0, 8], [6, 15], (20, 2))]
    stacked = stack_renditions(stack_made_up(spans))
    sizes = [
        (last - first) * sum(a <= first and b >= last for a, b in spans)
        for first in range(6)
        for last in range(first + 1, 15)
    ]
    assert stacked.latents_RSL.shape[0] * stacked.latents_RSL.shape[1] == max(sizes)


def test_song_as_it_was_sung_cannot_be_stacked(sequences: LatentSequences) -> None:
    with pytest.raises(SubsongError, match="expected windows of warped"):
        stack_renditions(sequences)


def test_warped_renditions_lie_closer_than_the_same_windows_unwarped(colony: Colony, model) -> None:
    frames, axis = model.open_windows(colony.motifs)
    plan = plan_sequences(axis, 0.01)
    sequences = collect_sequences(embed_plan(model, frames, axis, plan), plan)
    stacked = stack_renditions(sequences)
    chosen = plan.region_M[stacked.sequences]
    assert len(chosen) >= 7
    regions = frames.regions[chosen]
    late = 3 * len(stacked.template_s) // 4
    start_s = regions["motif_onset_s"].to_numpy()[:, None] + stacked.template_s[late]
    times_NT = start_s + np.linspace(0, WINDOW_S, SIZE)
    unwarped = model.embed(frames.fetch(chosen, times_NT).numpy())
    assert stacked.latents_RSL[:, late].var(axis=0).sum() < unwarped.var(axis=0).sum()
    picture = fetch_along(frames, axis, chosen, -0.03, 0.2)
    assert picture.shape == (SIZE, round(0.23 / (WINDOW_S / (SIZE - 1))) + SIZE)


@pytest.mark.parametrize("suffix", [".csv", ".npz"])
def test_a_file_of_motifs_keeps_the_time_of_the_template(
    colony: Colony, model, monkeypatch, tmp_path: Path, suffix: str
) -> None:
    monkeypatch.setattr(sequence_embedding, "_PART_SIZE", 50)
    frames, axis = model.open_windows(colony.motifs)
    plan, path = plan_sequences(axis, HOP_S), tmp_path / f"seq{suffix}"
    shape = SequenceShape(len(plan.region_M), plan.num_windows, LATENT_DIM, WINDOW_S, HOP_S)
    write_sequences(path, embed_plan(model, frames, axis, plan), shape)
    found = read_sequences(path).items
    np.testing.assert_allclose(found["template_start_s"], found["step"] * HOP_S, atol=1e-6)
    real_s = axis.to_recording(
        plan.locate(np.arange(plan.num_windows))[1].region_N, found["template_start_s"].to_numpy()[:, None]
    )
    np.testing.assert_allclose(found["start_s"], real_s[:, 0], atol=1e-6)


def test_a_spectrogram_along_a_sequence_is_that_of_the_recording(frames, axis) -> None:
    onset_s = frames.regions["onset_s"][1]
    picture = fetch_along(frames, axis, np.array([1]), onset_s, onset_s + 0.1)
    times_NT = np.linspace(onset_s, onset_s + 0.1 + WINDOW_S, picture.shape[1])[None]
    np.testing.assert_allclose(picture, frames.fetch(np.array([1]), times_NT)[0].numpy(), atol=1e-5)


def test_a_model_of_another_family_is_refused(tmp_path: Path) -> None:
    from subsong.models.portable import ModelDescription, write_model
    from subsong.models.vae import VaeConfig

    config = VaeConfig(latent_dim=2)
    description = ModelDescription("digits-vae", config.model_dump(mode="json"), {"item_shape": [6]})
    write_model(tmp_path / "model", config.build((6,)), description)
    with pytest.raises(SubsongError, match=r"is a model of digits-vae, which has no windows.*expected a shotgun-vae"):
        load_window_model(tmp_path / "model", "cpu")
