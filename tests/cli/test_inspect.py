"""``subsong inspect`` says what anything is, what is wrong with it, and what to do next."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
import torch
from PIL import Image
from tests.interop.das.keras_model import draw_layers, write_model
from tests.interop.das.test_das import write_das

from subsong.cli.main import run
from subsong.interop.bird_embeddings.importing import import_bird_embeddings
from subsong.interop.bird_embeddings.models import VariationalAutoencoder
from subsong.interop.das.models import import_das_model
from subsong.projects.maps.folder import FORMAT
from subsong.projects.project import create_project

from .sounds import RATE_HZ, make_sound, write, write_two


def inspect(path: Path, *more: str) -> int:
    return run(["inspect", str(path), *more])


def test_recordings_are_counted_and_what_is_wrong_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_two(tmp_path / "songs")
    soundfile.write(folder / "both.flac", np.stack([make_sound(), make_sound()], axis=1), 44_100)
    write(folder / "loud.wav", np.sign(make_sound()))
    write(folder / "silent.wav", np.zeros(RATE_HZ))
    whole = (folder / "good1.wav").read_bytes()
    (folder / "short.wav").write_bytes(whole[:5000])
    (folder / "broken.wav").write_bytes(b"RIFF")
    assert inspect(folder, "--out", str(tmp_path / "audit.csv")) == 0
    said = capsys.readouterr().out
    assert "songs: 7 recordings" in said
    assert "formats: wav (6), flac (1)" in said
    assert "32000 (5), 44100 (1); channels: 1 (5), 2 (1)" in said
    assert "cannot be used: broken.wav" in said
    assert "cannot be used: short.wav" in said
    assert "cannot be used: silent.wav" in said
    assert "clipped: loud.wav" in said
    assert f"look and annotate: subsong studio {folder}" in said
    assert "subsong config init project --out project.yaml" in said
    assert pl.read_csv(tmp_path / "audit.csv").height == 7


def test_annotations_beside_recordings_are_described(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_two(tmp_path / "songs")
    write(folder / "bare.wav")
    assert inspect(folder) == 0
    said = capsys.readouterr().out
    assert "annotations: 6 segments, 0 events in 2 files (ava)" in said
    assert "labels: (none) (6)" in said
    assert "recordings without annotations: 1, such as bare.wav" in said
    assert f"subsong prepare song {folder}; a map: subsong prepare syllables {folder}" in said


def test_a_table_beside_files_that_say_the_same_is_not_counted_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_two(tmp_path / "songs")
    (folder / "segments.csv").write_text("recording,onset_s,offset_s\ngood1.wav,0.1,0.2\n")
    assert inspect(folder) == 0
    assert "annotations: 6 segments, 0 events in 2 files (ava)" in capsys.readouterr().out


def test_a_table_with_a_bad_row_is_named_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_two(tmp_path / "songs")
    for number in (1, 2):
        (folder / f"good{number}.txt").unlink()
    rows = "name,start_seconds,stop_seconds\na,0.1,0.2\n"
    (folder / "good1_annotations.csv").write_text(rows + "a,0.5,9\na,0.4,0.3\n")
    (folder / "good2_annotations.csv").write_text(rows + "a,x,0.4\n")
    assert inspect(folder) == 0
    said = capsys.readouterr().out
    assert "annotations: 3 segments" in said
    assert "good2_annotations.csv line 3" in said
    assert "look at this: 1 annotation: " in said
    assert "labels: a (3)" in said


def test_annotations_alone_are_described(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a_annotations.csv").write_text("name,start_seconds,stop_seconds\npulse,0.1,0.1\nsine,0.1,0.4\n")
    assert inspect(tmp_path) == 0
    said = capsys.readouterr().out
    assert "annotations: 1 segment, 1 event in 1 file (das)" in said
    assert f"one table of them: subsong import {tmp_path}" in said


def test_pictures_are_counted_and_a_damaged_one_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for label in ("cat", "dog"):
        (tmp_path / label).mkdir()
        Image.fromarray(np.full((8, 6), 100, np.uint8)).save(tmp_path / label / "0.png")
    assert inspect(tmp_path) == 0
    said = capsys.readouterr().out
    assert "2 pictures\nformats: PNG (2); sizes: 6 x 8 (2); modes: L (2)" in said
    assert "labels (sub-folders): cat (1), dog (1)" in said
    assert f"subsong train digits-vae --data {tmp_path}" in said
    (tmp_path / "dog" / "0.png").write_bytes((tmp_path / "dog" / "0.png").read_bytes()[:40])
    assert inspect(tmp_path) == 0
    said = capsys.readouterr().out
    assert "cannot be read: dog/0.png" in said
    assert "no dataset as it stands" in said


def test_a_project_says_what_it_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = create_project(write_two(tmp_path / "songs"))
    for path in (project.path, project.file):
        assert inspect(path) == 0
        said = capsys.readouterr().out
        assert "the project" in said
        assert "2 recordings of 1 bird" in said
        assert f"go on: subsong run {path}" in said


def test_runs_and_their_models_say_what_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "birds"
    path.mkdir()
    (path / "config.yaml").write_text("recipe: checklist-vae\ntraining: {num_epochs: 3}\n")
    (path / "environment.json").write_text("{}")
    assert inspect(path) == 0
    said = capsys.readouterr().out
    assert f"{path}: a run of checklist-vae, not started, 0/3 epochs\nnext: subsong runs resume {path}" in said
    torch.save(VariationalAutoencoder(2, 3, 4).state_dict(), tmp_path / "birds.pth")
    (tmp_path / "species.txt").write_text("Raven\nRobin\n")
    import_bird_embeddings(tmp_path / "birds.pth", path / "model", tmp_path / "species.txt")
    assert inspect(path, "--out", str(tmp_path / "species.csv")) == 0
    said = capsys.readouterr().out
    assert "a run of checklist-vae" in said
    assert "2 species; covariates: none" in said
    assert inspect(tmp_path) == 0
    assert f"{tmp_path}: 1 run\n  birds: checklist-vae" in capsys.readouterr().out


def test_a_model_that_annotates_says_what_it_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import_das_model(write_model(tmp_path, draw_layers((False, False), 1, 3), nb_freq=1), tmp_path / "model")
    assert inspect(tmp_path / "model") == 0
    said = capsys.readouterr().out
    assert "a model of song-segmenter, sound at 10,000 Hz, 1 channel at a time\nit tells a (segments), b (seg" in said


def test_a_map_says_what_it_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pl.DataFrame({"x": [0.0], "y": [1.0], "label": ["a"]}).write_parquet(tmp_path / "items.parquet")
    column = '{"name": "label", "kind": "category"}'
    (tmp_path / "map.json").write_text(
        f'{{"format": "{FORMAT}", "kind": "syllables", "title": "All", "noun": "syllable", "num_items": 1, '
        f'"columns": [{column}]}}'
    )
    assert inspect(tmp_path) == 0
    assert "a map of 1 syllables, 'All'\ncolumns: label\nwithout sound" in capsys.readouterr().out


def test_what_another_program_made_is_to_be_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_das(tmp_path / "flies.npy")
    assert inspect(tmp_path / "flies.npy") == 0
    assert f"bring it in: subsong import {tmp_path / 'flies.npy'}" in capsys.readouterr().out


def test_empty_and_unknown_folders_say_what_was_looked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert inspect(tmp_path) == 2
    assert f"{tmp_path} is empty: looked for recordings, annotations, pictures" in capsys.readouterr().err
    (tmp_path / "thesis.doc").write_text("x")
    assert inspect(tmp_path) == 2
    assert f"{tmp_path} holds thesis.doc: looked for recordings" in capsys.readouterr().err
    assert inspect(tmp_path / "nowhere") == 2
    assert "nowhere does not exist: expected recordings" in capsys.readouterr().err
