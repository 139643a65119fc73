"""The evaluation store: whole or recognisably not, readable anywhere and without the model."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.evaluation.store import EvaluationWriter, load_evaluation, open_writer

NUM = 11
RNG = np.random.default_rng(0)
LOSSES = {"loss": RNG.normal(size=NUM), "kl": RNG.normal(size=NUM)}
OUTPUTS = {
    "latent_mean": RNG.normal(size=(NUM, 3)).astype(np.float32),
    "picture": RNG.integers(0, 255, (NUM, 1, 2, 2), dtype=np.uint8),
    "half": RNG.normal(size=NUM).astype(np.float16),
}
ITEMS = pl.DataFrame({"source": ["a.npy"] * NUM, "row": range(NUM)})


def write(path, blocks, items=ITEMS, metrics=None):
    with open_writer(path, NUM, {"split": "validation", "epoch": 3}) as writer:
        for rows in blocks:
            writer.add(rows, *({name: array[rows] for name, array in part.items()} for part in (LOSSES, OUTPUTS)))
        writer.close(items, metrics)


@pytest.fixture
def store(tmp_path):
    write(tmp_path / "store", [np.arange(NUM)], metrics={"loss": 1.5})
    return tmp_path / "store"


@pytest.mark.parametrize(
    "blocks",
    [
        [np.arange(NUM)],
        np.array_split(np.arange(NUM), 4),
        np.array_split(np.arange(NUM), 4)[::-1],
        np.array_split(np.random.default_rng(1).permutation(NUM), 3),
        [np.array([row]) for row in range(NUM)],
    ],
)
def test_batches_in_any_order_come_back_in_dataset_order(tmp_path, blocks):
    write(tmp_path / "store", blocks)
    evaluation = load_evaluation(tmp_path / "store")
    assert len(evaluation) == NUM
    assert evaluation.losses["index"].to_list() == list(range(NUM))
    assert evaluation.losses["item_row"].to_list() == list(range(NUM))
    for name, values in LOSSES.items():
        assert np.array_equal(evaluation.losses[name].to_numpy(), values)
    for name, array in OUTPUTS.items():
        assert np.array_equal(evaluation.output(name), array)
        assert evaluation.output(name).dtype == array.dtype


def test_what_was_said_of_it_is_kept(store):
    evaluation = load_evaluation(store)
    assert evaluation.metrics == {"loss": 1.5}
    assert evaluation.manifest["split"] == "validation"
    assert evaluation.output_names == list(OUTPUTS)


def test_outputs_are_read_only_memory_maps(store):
    array = load_evaluation(store).output("latent_mean")
    assert isinstance(array, np.memmap)
    assert not array.flags.writeable


def test_a_store_may_be_moved_and_holds_no_path(store, tmp_path):
    shutil.move(store, tmp_path / "else" / "where")
    assert np.array_equal(load_evaluation(tmp_path / "else" / "where").output("picture"), OUTPUTS["picture"])
    assert str(tmp_path) not in (tmp_path / "else" / "where" / "manifest.json").read_text()


def test_columns_for_the_whole_split_can_be_added(tmp_path):
    with open_writer(tmp_path / "store", 2, {}) as writer:
        writer.add(np.arange(2), {"loss": np.ones(2)}, {})
        writer.add_losses({"bound": np.array([3.0, 4.0])})
        writer.close()
    assert load_evaluation(tmp_path / "store").losses["bound"].to_list() == [3, 4]


def test_a_new_store_replaces_the_old_one_only_when_it_is_whole(store):
    writer = EvaluationWriter(store, NUM, {})
    writer.add(np.arange(NUM), {"loss": np.zeros(NUM)}, {})
    assert np.array_equal(load_evaluation(store).losses["loss"].to_numpy(), LOSSES["loss"])
    writer.close()
    assert load_evaluation(store).losses["loss"].to_list() == [0.0] * NUM
    assert [path.name for path in store.parent.iterdir()] == ["store"]


def test_missing_rows_are_counted_and_the_first_is_named(store):
    with pytest.raises(SubsongError, match=r"10 of 11 examples were added \(the first missing is 4\)"):
        write(store, [np.array([0, 1, 2, 3, 5, 6, 7, 8, 9, 10])])
    assert np.array_equal(load_evaluation(store).losses["loss"].to_numpy(), LOSSES["loss"])
    assert [path.name for path in store.parent.iterdir()] == ["store"]


def test_a_killed_process_leaves_no_store(tmp_path):
    code = (
        "import sys, os, signal, numpy as np\nfrom subsong.evaluation.store import EvaluationWriter\n"
        "writer = EvaluationWriter(sys.argv[1], 4, {})\n"
        "writer.add(np.arange(4), {'loss': np.ones(4)}, {'z': np.ones((4, 2))})\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    process = subprocess.run([sys.executable, "-c", code, str(tmp_path / "store")], env=os.environ, timeout=60)
    assert process.returncode == -signal.SIGKILL
    (leftover,) = tmp_path.iterdir()
    for folder in (tmp_path / "store", leftover):
        with pytest.raises(SubsongError, match="is not a whole evaluation"):
            load_evaluation(folder)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"complete": False}, "incomplete"),
        ({"version": 99}, "expected subsong-evaluation version 1"),
        ({"format": "x"}, "expected subsong-evaluation version 1"),
        ({"num_items": 12}, "has 11 rows, the manifest says 12"),
    ],
)
def test_another_manifest_is_one_sentence(store, changes, sentence):
    file = store / "manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
    with pytest.raises(SubsongError, match=sentence):
        load_evaluation(store)


@pytest.mark.parametrize("damage", ["missing", "truncated", "garbage"])
@pytest.mark.parametrize("name", ["losses.parquet", "outputs/picture.npy", "manifest.json"])
def test_a_damaged_file_is_named(store, name, damage):
    file = store / name
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-9] if damage == "truncated" else b"garbage")
    with pytest.raises(SubsongError, match=file.name):
        load_evaluation(store).output("picture")


def test_an_output_of_another_shape_than_the_manifest_says_is_damaged(store):
    np.save(store / "outputs" / "picture.npy", np.zeros((3, 2)))
    with pytest.raises(SubsongError, match=r"picture\.npy"):
        load_evaluation(store).output("picture")


def test_an_output_is_never_unpickled(store):
    np.save(store / "outputs" / "picture.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(SubsongError, match=r"picture\.npy"):
        load_evaluation(store).output("picture")


def test_an_unknown_output_names_those_there_are(store):
    with pytest.raises(SubsongError, match="no output 'latent'; it has latent_mean, picture, half"):
        load_evaluation(store).output("latent")
