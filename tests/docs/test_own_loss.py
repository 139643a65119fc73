"""The how-to on a loss of one's own: its file, its configuration and its code run as they stand in the document."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from subsong.core.config_fields import known_kinds
from subsong.objectives.objective import build_objective
from subsong.objectives.terms import LossConfig
from subsong.recipes.configuring import resolve_config

HOW_TO = Path(__file__).resolve().parents[2] / "docs" / "how_to"
DOCUMENT = (HOW_TO / "add_your_own_loss.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the document's files, as a reader would have them, and in it."""
    for name in re.findall(r"\{literalinclude\} (\S+)", DOCUMENT):
        (tmp_path / name).write_text((HOW_TO / name).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("own_loss", None)


def test_the_file_has_at_most_fifteen_lines():
    assert len((HOW_TO / "own_loss.py").read_text(encoding="utf-8").splitlines()) <= 15


def test_the_loss_is_added_to_those_of_the_recipe(folder):
    recipe, config = resolve_config(["digits-vae", "own_loss.yaml"])
    data = recipe.build_data(config)
    model, batch = recipe.build_model(config, data), data.train.fetch(np.arange(8))
    output = model(batch)
    table = build_objective(config.losses, num_steps=10)(output, batch, step=0)
    assert set(table.terms) == {"reconstruction", "kl", "mean_colour"}
    assert table.weights["mean_colour"] == 10
    by_hand = (output.likelihood.mean.mean(dim=(1, 2, 3)) - batch.target.mean(dim=(1, 2, 3))) ** 2
    assert table.terms["mean_colour"].tolist() == pytest.approx(by_hand.tolist())
    plain = table.terms["reconstruction"] + table.terms["kl"]
    assert table.total_B.tolist() == pytest.approx((plain + 10 * by_hand).tolist())


def test_the_code_in_the_document_runs(folder):
    for block in re.findall(r"```python\n(.*?)```", DOCUMENT, flags=re.DOTALL):
        exec(compile(block, "add_your_own_loss.md", "exec"), {})


@pytest.mark.parametrize(
    "name", re.findall(r"`(\w+)`", DOCUMENT[DOCUMENT.index("| name |") : DOCUMENT.index("A term is")])
)
def test_every_name_in_the_table_is_a_kind(name):
    assert name in known_kinds(LossConfig)
