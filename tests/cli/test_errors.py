"""What a person meets when something is wrong: one clear sentence, exit code 2, nothing lost."""

from __future__ import annotations

import gzip
import json
import pickle
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from subsong.cli.main import run
from subsong.recipes import run as recipes
from subsong.training.checkpoints import LAST, read_checkpoint

SHORT = ["--set=training.num_epochs=1", "--set=training.figure_epochs=null", "--set=training.device=cpu"]


def complain(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that must fail with one sentence, and return it."""
    code = run(list(arguments))
    said = capsys.readouterr().err.strip().splitlines()
    assert code == 2, said
    assert said[-1].startswith("Error: ")
    assert "Traceback" not in "\n".join(said)
    return said[-1]


def train_on(path: Path, tmp_path: Path) -> list[str]:
    return ["train", "digits-vae", "--data", str(path), "--root", str(tmp_path / "runs"), *SHORT]


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """Return a short run of the packaged digits."""
    overrides = {"training.num_epochs": 1, "training.device": "cpu", "model.network.hidden": [16]}
    return recipes.train("digits-vae", overrides=overrides, root=tmp_path / "trained").path


def test_a_wrong_key_names_file_line_and_the_nearest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "my.yaml"
    config.write_text("recipe: digits-vae\ntraining:\n  bacth_size: 3\n")
    said = complain(capsys, "train", str(config), "--root", str(tmp_path))
    assert "my.yaml line 3" in said
    assert "did you mean 'batch_size'?" in said


def test_a_wrong_path_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"{tmp_path / 'nowhere'} does not exist" in complain(capsys, *train_on(tmp_path / "nowhere", tmp_path))


def test_a_wrong_recipe_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean 'digits-vae'?" in complain(capsys, "train", "digit-vae")


def test_an_empty_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    path.touch()
    assert str(path) in complain(capsys, *train_on(path, tmp_path))


def test_an_empty_folder_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert str(tmp_path / "empty") in complain(capsys, *train_on(tmp_path / "empty", tmp_path))


def test_a_truncated_gz_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header = bytes([0, 0, 8, 3]) + b"".join(size.to_bytes(4, "big") for size in (50, 8, 8))
    noise = np.random.default_rng(0).integers(0, 256, 3200, dtype=np.uint8).tobytes()
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(header + noise)[:-900])
    said = complain(capsys, *train_on(path, tmp_path))
    assert str(path) in said


def test_pictures_of_unequal_size_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, size in enumerate([(8, 8), (8, 8), (9, 8)]):
        Image.new("L", size).save(folder / f"{number}.png")
    said = complain(capsys, *train_on(folder, tmp_path))
    assert "2.png" in said


def test_a_checkpoint_of_another_model_is_refused(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = complain(capsys, "train", "--resume", str(trained), "--set", "model.latent_dim=3")
    assert "checkpoint of another model" in said


class Evil:
    """Pickled, it would write a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (self.target,))  # type: ignore[return-value]


def test_a_pickle_in_place_of_a_checkpoint_is_refused_and_not_executed(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (trained / "checkpoints" / LAST).write_bytes(pickle.dumps(Evil(tmp_path / "executed")))
    said = complain(capsys, "train", "--resume", str(trained))
    assert "not a Subsong checkpoint" in said
    assert not (tmp_path / "executed").exists()


def test_a_truncated_checkpoint_is_refused(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = trained / "checkpoints" / LAST
    path.write_bytes(path.read_bytes()[:-1000])
    assert str(path) in complain(capsys, "train", "--resume", str(trained))


def test_a_full_disk_is_one_sentence_and_loses_nothing(trained: Path) -> None:
    """The operating system refuses to let a file grow past a few kilobytes: the next checkpoint cannot be written."""
    before = (trained / "checkpoints" / LAST).read_bytes()
    command = [sys.executable, "-m", "subsong", "train", "--resume", str(trained), "--set=training.num_epochs=3"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
    )
    assert done.returncode == 2, done.stderr
    assert "the disk is full while writing" in done.stderr
    assert "Traceback" not in done.stderr
    assert (trained / "checkpoints" / LAST).read_bytes() == before
    assert read_checkpoint(trained / "checkpoints" / LAST)["position"]["epoch"] == 1
    assert not list(trained.rglob("*.partial"))


def test_a_user_s_model_is_not_imported_without_trust(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    overrides = {"training.num_epochs": 1, "training.device": "cpu"}
    path = recipes.train("custom", overrides=overrides, root=tmp_path).path
    said = complain(capsys, "embed", str(path), str(tmp_path))
    assert "--trust" in said


def test_embedding_the_wrong_pictures_says_what_was_expected(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "wide.npy", np.zeros((3, 9, 9), np.uint8))
    said = complain(capsys, "embed", str(trained), str(tmp_path / "wide.npy"))
    assert "(1, 9, 9)" in said
    assert "(1, 8, 8)" in said


def test_debug_shows_where_it_happened(tmp_path: Path) -> None:
    from subsong.core.errors import SubsongError

    with pytest.raises(SubsongError):
        run(["--debug", *train_on(tmp_path / "nowhere", tmp_path)])


def test_damaged_metrics_name_file_and_line(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = trained / "metrics.jsonl"
    path.write_text("{broken\n" + path.read_text())
    assert f"{path} line 1" in complain(capsys, "report", str(trained))


def test_metrics_are_whole_lines_of_json(trained: Path) -> None:
    records = [json.loads(line) for line in (trained / "metrics.jsonl").read_text().splitlines()]
    assert [record["step"] for record in records if record["event"] == "step"] == [0, 1, 2, 4, 8]
