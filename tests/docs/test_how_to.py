"""The how-to on one's own module: its files and its code run as they stand in the document."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import subsong

HOW_TO = Path(__file__).resolve().parents[2] / "docs" / "how_to"
DOCUMENT = (HOW_TO / "train_your_own_module.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the document's files, as a reader would have them, and in it."""
    for name in set(re.findall(r"\{literalinclude\} (\S+)", DOCUMENT)):
        (tmp_path / name).write_text((HOW_TO / name).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("own_module", None)


def test_the_file_trains_through_trial(folder):
    done = subprocess.run([sys.executable, "own_module.py"], capture_output=True, text=True, check=True, timeout=120)
    lines = done.stdout.splitlines()
    assert lines[19].startswith("epoch 20: off by")
    dawn, noon = (float(part.split()[-1]) for part in lines[20].removeprefix("expected songs ").split(","))
    assert dawn > 10 > noon


@pytest.mark.slow
def test_the_same_file_trains_through_a_configuration(folder):
    run = subsong.train("own_module.yaml", root=folder / "runs")
    losses = run.history.epochs["validation_loss"].to_list()
    assert len(losses) == 20
    assert losses[-1] < losses[0]
    assert {"train_poisson", "train_restraint"} <= set(run.history.epochs.columns)
    assert (run.path / "model" / "model.safetensors").is_file()
    assert subsong.report(run.path).is_file()


def test_the_preset_s_own_term_is_left_out(folder):
    from subsong.recipes.configuring import resolve_config

    _, config = resolve_config("own_module.yaml")
    assert set(config.losses) == {"poisson", "restraint"}


def test_the_code_in_the_document_runs(folder):
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", DOCUMENT, flags=re.DOTALL):
        exec(compile(block, "train_your_own_module.md", "exec"), names)
    assert (folder / "runs" / "songs" / "checkpoints" / "last.ckpt").is_file()
