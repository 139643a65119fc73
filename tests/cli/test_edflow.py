"""``subsong edflow``: files behind one -b, settings by path, exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from subsong.cli.edflow import divide_words
from subsong.cli.main import run

FLAGS = {"-b", "--base", "-t", "--train", "-n", "--log_level"}


@pytest.mark.parametrize(
    ("words", "own", "settings"),
    [
        ("-b a b -t --x/y 2", "-b a -b b -t", "--x/y 2"),
        ("--x 1 -b a b", "-b a -b b", "--x 1"),
        ("-b a -n name --base b c", "-b a -n name -b b -b c", ""),
        ("-t false -b a", "-b a", ""),
        ("-t True -b a", "-t -b a", ""),
        ("--x=1 --log_level=warn", "--log_level=warn", "--x=1"),
        ("--x -t", "-t", "--x"),
        ("--lr -1e-4", "", "--lr -1e-4"),
    ],
)
def test_words_are_divided_into_flags_and_settings(words: str, own: str, settings: str) -> None:
    assert divide_words(words.split(), FLAGS) == (own.split(), settings.split())


CONFIG = """
iterator: {script}:Iterator
model: {script}:Network
datasets: {{train: "{script}:Figures", validation: "{script}:HeldOut"}}
batch_size: 8
num_steps: 1
lr: 1e-3
model_pars: {{width: 2}}
"""


def test_a_run_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = Path(__file__).parents[1] / "interop" / "edflow" / "pose_script.py"
    (tmp_path / "a.yaml").write_text(CONFIG.format(script=script))
    (tmp_path / "b.yaml").write_text("losses: {color_L1: {weight: 1}}")
    monkeypatch.chdir(tmp_path)
    assert run(["edflow", "-n", "try", "-b", "a.yaml", "b.yaml", "-t", "--losses/color_L1/weight", "2"]) == 0
    said = capsys.readouterr()
    folder = Path(said.out.strip())
    assert folder.parts[0] == "logs"
    assert folder.name.endswith("_try")
    assert "weight: 2" in said.err
    outputs = next(folder.glob("eval/*/1/model_outputs"))
    assert run(["edflow", "--rescore", str(outputs), "--eval_pipeline/callbacks/e", f"{script}:squared_error"]) == 0
    assert capsys.readouterr().out.startswith("e/mse ")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("-t", "no configuration"),
        ("-b missing.yaml", "missing.yaml does not exist"),
        ("-p nowhere", "no run folder of edflow"),
        ("-b a.yaml -l loud", "--log_level loud"),
        ("-b a.yaml --lr", "--lr has no value"),
        ("-b a.yaml -t", "has no batch_size"),
    ],
)
def test_mistakes_are_one_sentence(
    words: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.yaml").write_text("x: 1")
    monkeypatch.chdir(tmp_path)
    assert run(["edflow", *words.split()]) == 2
    assert sentence in capsys.readouterr().err
