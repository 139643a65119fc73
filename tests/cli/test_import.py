"""``subsong import`` and ``subsong export --format``: the way in and out of the house, and what it says."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import polars as pl
import pytest
import torch
from tests.interop.ava.files import write_like_ava
from tests.interop.ava.songs import FINCH
from tests.interop.das.keras_model import draw_layers, write_model
from tests.interop.das.test_das import write_das
from tests.interop.das.test_predictions import make, write_like_das

from subsong.cli.main import run
from subsong.core.files import read_json
from subsong.datasets.song.store import load_song
from subsong.interop.bird_embeddings.models import VariationalAutoencoder
from subsong.sources.annotations import read_annotations

from .sounds import SMALL, write_two


def write_specs(folder: Path) -> tuple[Path, Path]:
    """Write two of AVA's files and the parameters they were made with."""
    (folder / "specs").mkdir()
    for number in range(2):
        write_like_ava(folder / "specs" / f"syllables_{number:04d}.hdf5", number, 5)
    (folder / "p.json").write_text(json.dumps({**FINCH, "max_dur": 0.5}))
    return folder / "specs", folder / "p.json"


def test_a_dataset_of_das_goes_in_and_out_and_is_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_das(tmp_path / "flies.npy")
    assert run(["import", "flies.npy"]) == 0
    said = capsys.readouterr().out
    assert "flies.npy: a dataset of DAS, 2 splits at 10,000 Hz" in said
    assert "song: a dataset of song with 10 annotations of pulse, sine" in said
    assert "then: subsong train song-segmenter --data song" in said
    assert run(["export", "song", "--out", "out.npy"]) == 0
    assert "out.npy: a dataset of DAS with 10 annotations" in capsys.readouterr().out
    assert run(["import", "out.npy", "--out", "again"]) == 0
    first, second = load_song("song"), load_song("again")
    names = ["onset_s", "offset_s"]
    for name in names:
        np.testing.assert_allclose(first.annotations[name], second.annotations[name], atol=2e-4)
    assert first.annotations.drop(names).equals(second.annotations.drop(names))
    assert np.array_equal(np.load("flies.npy/val/x.npy"), np.load("out.npy/val/x.npy"))


def test_avas_spectrograms_go_in_and_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    specs, parameters = write_specs(tmp_path)
    assert run(["import", str(specs)]) == 2
    assert "does not say how its spectrograms were made" in capsys.readouterr().err
    assert run(["import", str(specs), "--params", str(parameters)]) == 0
    said = capsys.readouterr().out
    assert "2 files of spectrograms of AVA" in said
    assert "syllables: a dataset of 10 syllables" in said
    assert run(["inspect", "syllables"]) == 0
    assert run(["export", "syllables", "--format", "ava", "--out", "back"]) == 0
    assert "back: 10 syllables in 1 file of AVA" in capsys.readouterr().out
    with h5py.File("back/syllables_0000.hdf5") as file:
        assert file["specs"].shape == (10, 128, 128)


def test_models_become_model_folders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_model(tmp_path, draw_layers((False, False), 1, 3), nb_freq=1)
    assert run(["import", "old_model.h5", "--out", "das"]) == 0
    assert "old_model.h5: a model of DAS on raw sound of 10,000 Hz, which tells a, b" in capsys.readouterr().out
    assert read_json("das/config.json")["recipe"] == "song-segmenter"
    torch.save(VariationalAutoencoder(2, 3, 4).state_dict(), "birds.pth")
    (tmp_path / "species.txt").write_text("Raven\nRobin\n")
    assert run(["import", "birds.pth", "--species", "species.txt"]) == 0
    assert "a model folder of checklist-vae with 2 species and 3 latent dimensions" in capsys.readouterr().out
    assert run(["import", "birds.pth", "--species", "species.txt"]) == 2
    assert "checklist_model is there: choose another folder, or say --overwrite" in capsys.readouterr().err


def test_annotations_of_several_programs_become_one_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = write_two(tmp_path / "day1")
    write_like_das(folder / "good3_das.h5", make(2))
    (folder / "README.txt").write_text("These are songs.\n")
    assert run(["import", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "annotations in 2 files (ava), 1 file (das predictions); 1 file left out" in said
    table = read_annotations("annotations.csv")
    counts = dict(table["recording"].value_counts().iter_rows())
    assert counts == {"day1/good1.wav": 3, "day1/good2.wav": 3, "day1/good3": 4}
    table.filter(pl.col("recording") != "day1/good3").write_csv("only.csv")
    assert run(["prepare", "syllables", "day1", "--set=annotations=only.csv", "--out", "store", *SMALL]) == 0


@pytest.mark.parametrize("is_new", [True, False])
def test_checkpoints_of_old_and_new_torch_are_known_and_those_of_other_models_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], is_new: bool
) -> None:
    _, parameters = write_specs(tmp_path)
    path = tmp_path / "checkpoint_000.tar"
    torch.save({"fc1": {}, "epoch": 1}, path, _use_new_zipfile_serialization=is_new)
    assert run(["import", str(path), "--params", str(parameters), "--out", str(tmp_path / "model")]) == 2
    assert "checkpoint_000.tar lacks fc2, fc31" in capsys.readouterr().err
    path.write_bytes(path.read_bytes()[:100])
    assert run(["import", str(path), "--params", str(parameters), "--out", str(tmp_path / "model")]) == 2
    said = capsys.readouterr().err
    assert "checkpoint_000.tar" in said
    assert "damaged" in said
    assert not (tmp_path / "model").exists()


def test_a_damaged_row_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a_annotations.csv").write_text("name,start_seconds,stop_seconds\nsine,0.1,0.2\nsine,x,0.4\n")
    assert run(["import", str(tmp_path), "--out", str(tmp_path / "out.csv")]) == 2
    assert "a_annotations.csv line 3" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


def test_what_is_not_imported_is_said_with_what_was_looked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.doc").write_text("x")
    assert run(["import", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "is nothing that is imported; looked for: a dataset of DAS" in said
    assert run(["import", str(tmp_path / "nowhere")]) == 2
    assert "nowhere does not exist" in capsys.readouterr().err
    specs, _ = write_specs(tmp_path)
    assert run(["import", str(specs), "--trust"]) == 2
    assert "--trust says nothing about it, leave it out" in capsys.readouterr().err


def test_a_dataset_is_written_only_as_what_it_can_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    specs, parameters = write_specs(tmp_path)
    store = str(tmp_path / "store")
    assert run(["import", str(specs), "--params", str(parameters), "--out", store]) == 0
    for file_format, message in (
        ("das", "is a dataset of syllables, and DAS takes one of song"),
        ("onnx", "is a dataset; models are written as onnx"),
        ("dsa", "did you mean 'das'?"),
    ):
        assert run(["export", store, "--format", file_format]) == 2
        assert message in capsys.readouterr().err
