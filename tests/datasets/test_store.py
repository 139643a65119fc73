"""The dataset store: what is written comes back, and what is broken is recognised."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.manifest import describe_sources
from subsong.datasets.parts import StorePlan
from subsong.datasets.store import load_store, write_item_columns

NUM_ITEMS = 25
X = np.random.default_rng(0).integers(0, 256, (NUM_ITEMS, 2, 3), dtype=np.uint8)
Y = np.random.default_rng(1).normal(size=NUM_ITEMS).astype(np.float32)
ITEMS = pl.DataFrame({"source": ["a.wav"] * NUM_ITEMS, "row": range(NUM_ITEMS), "label": [None] * NUM_ITEMS})


def write_store(path: Path, part_size: int = 4, overwrite: bool = False, x: np.ndarray = X, **more: object) -> None:
    num_parts = -(-NUM_ITEMS // part_size)
    with StorePlan(path, "test", {"rate_hz": 32_000}, more.get("sources", ()), num_parts, overwrite) as plan:
        for part in plan.begin():
            rows = slice(part * part_size, (part + 1) * part_size)
            plan.write_part(part, {"x": [x[rows][:1], x[rows][1:]], "y": [Y[rows]]}, ITEMS[rows])
        plan.finish()


@pytest.fixture
def store_path(tmp_path):
    write_store(tmp_path / "store")
    return tmp_path / "store"


@pytest.mark.parametrize(("part_size", "num_shards"), [(1, 25), (4, 7), (100, 1)])
def test_what_is_written_comes_back_whatever_the_parts(tmp_path, part_size, num_shards):
    write_store(tmp_path / "store", part_size)
    store = load_store(tmp_path / "store")
    assert len(store.manifest.arrays["x"].shards) == num_shards
    assert store.items.equals(ITEMS)
    assert store.arrays["x"].shape == X.shape
    np.testing.assert_array_equal(store.arrays["x"].fetch(np.arange(NUM_ITEMS)), X)
    np.testing.assert_array_equal(store.arrays["y"].fetch(np.arange(NUM_ITEMS)), Y)
    assert store.manifest.num_bytes == X.nbytes + Y.nbytes


@pytest.mark.parametrize("part_size", [1, 4, 100])
def test_items_are_fetched_in_any_order_and_more_than_once(tmp_path, part_size):
    write_store(tmp_path / "store", part_size)
    x = load_store(tmp_path / "store").arrays["x"]
    index = np.random.default_rng(2).integers(0, NUM_ITEMS, 60)
    fetched = x.fetch(index)
    np.testing.assert_array_equal(fetched, X[index])
    fetched[:] = 0
    np.testing.assert_array_equal(x.fetch(index), X[index])
    assert x.fetch(np.array([], np.int64)).shape == (0, 2, 3)


@pytest.mark.parametrize("index", [-1, NUM_ITEMS])
@pytest.mark.parametrize("part_size", [4, 100])
def test_an_index_outside_is_an_error(tmp_path, index, part_size):
    write_store(tmp_path / "store", part_size)
    with pytest.raises(IndexError):
        load_store(tmp_path / "store").arrays["x"].fetch(np.array([0, index]))


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float16", "float32"])
def test_every_type_of_the_store_comes_back(tmp_path, dtype):
    values = X.astype(dtype)
    write_store(tmp_path / "store", x=values)
    found = load_store(tmp_path / "store").arrays["x"]
    assert found.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(found.fetch(np.arange(NUM_ITEMS)), values)


@pytest.mark.parametrize("order", ["transposed", "every second"])
def test_any_layout_in_memory_is_stored_alike(tmp_path, order):
    values = np.random.default_rng(3).normal(size=(NUM_ITEMS, 4, 4)).astype(np.float32)
    given = {
        "transposed": np.asfortranarray(values),
        "every second": np.repeat(values, 2, axis=2)[..., ::2],
    }[order]
    write_store(tmp_path / "store", x=given)
    np.testing.assert_array_equal(load_store(tmp_path / "store").arrays["x"].fetch(np.arange(NUM_ITEMS)), values)


def test_a_store_may_be_moved_and_names_no_machine_path(store_path, tmp_path):
    moved = tmp_path / "elsewhere" / "renamed"
    moved.parent.mkdir()
    shutil.move(store_path, moved)
    np.testing.assert_array_equal(load_store(moved).arrays["x"].fetch(np.arange(NUM_ITEMS)), X)
    assert str(tmp_path) not in (moved / "manifest.json").read_text()


def test_sources_are_kept_with_their_hashes(tmp_path):
    (tmp_path / "in" / "day1").mkdir(parents=True)
    (tmp_path / "in" / "day1" / "a.wav").write_bytes(b"abc")
    sources = describe_sources([tmp_path / "in" / "day1" / "a.wav"], root=tmp_path / "in")
    write_store(tmp_path / "store", sources=sources)
    (source,) = load_store(tmp_path / "store").manifest.sources
    assert (source.name, source.num_bytes, source.sha256[:8]) == ("day1/a.wav", 3, "ba7816bf")


def test_columns_are_added_and_replaced(store_path):
    before = load_store(store_path)
    write_item_columns(store_path, [pl.Series("split", ["train"] * NUM_ITEMS)])
    write_item_columns(store_path, [pl.Series("split", ["test"] * NUM_ITEMS)])
    items = load_store(store_path).items
    assert items.columns == ["source", "row", "label", "split"]
    assert items["split"].unique().to_list() == ["test"]
    # The table opened before is a copy and the shards are untouched.
    assert before.items.equals(ITEMS)
    np.testing.assert_array_equal(before.arrays["x"].fetch(np.arange(NUM_ITEMS)), X)


def test_a_column_of_another_length_is_refused(store_path):
    with pytest.raises(SubsongError, match=r"'split' has 2 rows, the dataset .* has 25 items"):
        write_item_columns(store_path, [pl.Series("split", ["train", "test"])])


def damage_manifest(path: Path, **changes: object) -> None:
    manifest = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps(manifest | changes))


def cut(path: Path, num_bytes: int) -> None:
    path.write_bytes(path.read_bytes()[:-num_bytes])


DAMAGES = {
    "missing folder": (shutil.rmtree, "is not a folder: expected a dataset made by"),
    "no manifest": (lambda path: (path / "manifest.json").unlink(), "not a whole dataset, it has no manifest.json"),
    "cut manifest": (lambda path: cut(path / "manifest.json", 20), "not valid JSON"),
    "empty manifest": (lambda path: (path / "manifest.json").write_text(""), "not valid JSON"),
    "list for a manifest": (lambda path: (path / "manifest.json").write_text("[]"), "not the manifest of a dataset"),
    "other format": (lambda path: damage_manifest(path, format="other"), "not the manifest of a dataset"),
    "newer version": (lambda path: damage_manifest(path, version=2), "has version 2, .* reads version 1: update"),
    "wrong count": (lambda path: damage_manifest(path, num_items=24), "damaged at the whole .*has 25 items"),
    "unknown key": (lambda path: damage_manifest(path, colour=1), "damaged at colour"),
    "shard outside": (
        lambda path: damage_manifest(
            path,
            arrays={"x": {"dtype": "uint8", "item_shape": [2, 3],
                          "shards": [{"file": "../x-00000.npy", "num_items": 25}]}},
        ),
        r"damaged at arrays\.x\.shards\.0\.file",
    ),
    "missing shard": (lambda path: (path / "x-00003.npy").unlink(), r"x-00003\.npy is missing from its dataset"),
    "cut shard": (lambda path: cut(path / "x-00003.npy", 1), r"x-00003\.npy is damaged or cut short"),
    "empty shard": (lambda path: (path / "x-00003.npy").write_bytes(b""), r"x-00003\.npy is damaged or cut short"),
    "other shape": (lambda path: np.save(path / "x-00003.npy", X[:1]), r"x-00003\.npy holds uint8 \(1, 2, 3\)"),
    "other type": (lambda path: np.save(path / "x-00003.npy", Y[:4]), r"x-00003\.npy holds float32 \(4,\)"),
    "pickled shard": (
        lambda path: np.save(path / "x-00003.npy", np.array([{}] * 4), allow_pickle=True), "is damaged",
    ),
    "missing items": (lambda path: (path / "items.parquet").unlink(), r"items\.parquet is missing"),
    "cut items": (lambda path: cut(path / "items.parquet", 9), r"items\.parquet is damaged"),
    "other items": (lambda path: ITEMS[:3].write_parquet(path / "items.parquet"), "has 3 rows, .* says 25 items"),
}  # fmt: skip


@pytest.mark.parametrize(("damage", "sentence"), DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_store_is_recognised_in_one_sentence(store_path, damage, sentence):
    damage(store_path)
    with pytest.raises(SubsongError, match=sentence) as caught:
        load_store(store_path)
    assert str(store_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def write_and_fail(path: Path, overwrite: bool = False) -> None:
    with StorePlan(path, "test", {}, (), 2, overwrite) as plan:
        plan.write_part(plan.begin()[0], {"x": [X]}, ITEMS)
        raise RuntimeError("stop")


def test_an_error_while_writing_leaves_no_store_and_keeps_what_was_done(tmp_path):
    with pytest.raises(RuntimeError, match="stop"):
        write_and_fail(tmp_path / "store")
    assert not (tmp_path / "store").exists()
    with StorePlan(tmp_path / "store", "test", {}, (), 2) as plan:
        assert plan.begin() == [1]


def test_an_error_while_overwriting_leaves_the_store_that_was_there(store_path):
    with pytest.raises(RuntimeError, match="stop"):
        write_and_fail(store_path, overwrite=True)
    assert len(load_store(store_path).manifest.arrays["x"].shards) == 7


def test_a_store_is_overwritten_only_when_asked(store_path):
    with pytest.raises(SubsongError, match="already holds a dataset"):
        write_store(store_path)
    write_store(store_path, 100, overwrite=True)
    assert len(load_store(store_path).manifest.arrays["x"].shards) == 1


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_of_other_things_is_never_replaced(tmp_path, overwrite):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(SubsongError, match="is there and is not a dataset"):
        StorePlan(tmp_path, "test", {}, (), 1, overwrite)
    (tmp_path / "empty").mkdir()
    write_store(tmp_path / "empty")


def test_parts_without_items_leave_no_shard(tmp_path):
    with StorePlan(tmp_path / "store", "test", {}, (), 3) as plan:
        for part, rows in enumerate((slice(0, 0), slice(0, NUM_ITEMS), slice(0, 0))):
            plan.write_part(plan.begin()[0], {"x": [X[rows]]}, ITEMS[rows], {"skipped": ITEMS[:part]})
        assert [table.height for table in plan.read_notes("skipped")] == [0, 1, 2]
        assert plan.finish() == NUM_ITEMS
    assert [shard.file for shard in load_store(tmp_path / "store").manifest.arrays["x"].shards] == ["x-00001.npy"]


def test_two_cannot_write_one_store_at_once(tmp_path):
    with (
        StorePlan(tmp_path / "store", "test", {}, (), 1),
        pytest.raises(SubsongError, match="another process is writing the dataset"),
        StorePlan(tmp_path / "store", "test", {}, (), 1),
    ):
        pass


def test_a_store_of_nothing_is_refused(tmp_path):
    with StorePlan(tmp_path / "store", "test", {}, (), 0) as plan:
        plan.begin()
        with pytest.raises(SubsongError, match="no items were found"):
            plan.finish()
    assert not (tmp_path / "store").exists()
