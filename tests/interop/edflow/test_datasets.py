"""Examples as dicts, their batches, and datasets on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from subsong.core.errors import SubsongError
from subsong.datasets.adapters import TensorRows
from subsong.interop.edflow import DatasetMixin, MetaDataset, TemplateIterator, write_meta_dataset
from subsong.interop.edflow.datasets import ExampleRows
from subsong.interop.edflow.logs import is_due
from subsong.interop.edflow.meta_dataset import write_label
from subsong.interop.edflow.outputs import check_outputs
from subsong.interop.edflow.pictures import tile_log_pictures


class Squares(DatasetMixin):
    def __init__(self, num: int) -> None:
        self.num, self.labels = num, {"parity": np.arange(num) % 2}

    def __len__(self) -> int:
        return self.num

    def get_example(self, i: int) -> dict:
        return {"x": np.full(2, i), "deep": {"square": lambda: lambda: i * i}, "name": str(i)}


def test_examples_are_expanded_late_and_numbered() -> None:
    example = Squares(4)[-1]
    assert (example["deep"]["square"], example["index_"]) == (9, 3)


def test_datasets_are_joined_and_repeated() -> None:
    both = Squares(2) + 2 * Squares(3)
    assert [int(both[i]["x"][0]) for i in range(len(both))] == [0, 1, 0, 1, 2, 0, 1, 2]
    assert [both[i]["index_"] for i in range(8)] == list(range(8))
    assert both.labels["parity"].tolist() == [0, 1, 0, 1, 0, 0, 1, 0]


def test_labels_are_appended_on_request() -> None:
    data = Squares(3)
    data.append_labels = True
    assert data[1]["labels_"] == {"parity": 1}


def test_batches_are_nested_arrays_in_the_order_asked_for() -> None:
    batch = ExampleRows(Squares(5), "train").fetch(np.array([4, 1]))
    assert batch.rows.tolist() == [4, 1]
    assert batch.examples["x"].tolist() == [[4, 4], [1, 1]]
    assert batch.examples["deep"]["square"].tolist() == [16, 1]
    assert batch.examples["name"].tolist() == ["4", "1"]


def test_our_own_datasets_become_batches_of_arrays() -> None:
    rows = TensorRows(torch.arange(6.0).reshape(3, 2), torch.arange(3.0))
    examples = ExampleRows(rows, "train").fetch(np.array([2])).examples
    assert examples["input"].tolist() == [[4, 5]]
    assert examples["target"].tolist() == [2]


def test_shapes_that_differ_name_the_key_and_both_examples() -> None:
    class Uneven(Squares):
        def get_example(self, i: int) -> dict:
            return {"x": {"y": np.zeros(i + 1)}}

    with pytest.raises(SubsongError, match=r"'x/y' has shape \(1,\) in train example 0 and \(3,\) in train example 2"):
        ExampleRows(Uneven(3), "train").fetch(np.array([0, 2]))


def test_an_empty_dataset_is_refused() -> None:
    with pytest.raises(SubsongError, match="datasets/train: Squares has no examples"):
        ExampleRows(Squares(0), "train")


def test_what_a_dataset_draws_at_evaluation_is_a_function_of_the_example() -> None:
    class Random(Squares):
        def get_example(self, i: int) -> dict:
            return {"x": np.random.rand()}  # noqa: NPY002  as users' scripts draw

    rows = ExampleRows(Random(5), "validation", seed=1)
    assert rows.fetch(np.array([3])).examples["x"][0] == rows.fetch(np.arange(5)).examples["x"][3]


def test_a_dataset_on_disk_is_read_as_it_was_written(tmp_path: Path) -> None:
    Image.fromarray(np.arange(12, dtype=np.uint8).reshape(2, 2, 3)).save(tmp_path / "a.png")
    np.save(tmp_path / "b.npy", np.arange(3.0))
    labels = {
        "keypoints": np.arange(8, dtype=np.float32).reshape(2, 2, 2),
        "crop:image": np.array(["a.png", "a.png"]),
        "codes:np": np.array(["b.npy", "b.npy"]),
    }
    write_meta_dataset(tmp_path, labels, {"loader_kwargs": {"crop": {"support": "-1->1"}}})
    assert (tmp_path / "labels" / "keypoints-*-2x2x2-*-float32.npy").stat().st_size == 32
    data = MetaDataset(tmp_path)
    example = data[1]
    assert np.array_equal(example["keypoints"], labels["keypoints"][1])
    assert example["crop"] == pytest.approx(np.arange(12).reshape(2, 2, 3) / 127.5 - 1)
    assert example["codes"].tolist() == [0, 1, 2]
    assert data.labels["crop_"][0] == "a.png"


def test_edflows_own_file_names_are_understood(tmp_path: Path) -> None:
    write_meta_dataset(tmp_path, {"x": np.zeros(2)}, {})
    texts = np.array(["ab", "c"])
    (tmp_path / "labels" / "name-*-2-*-<U2.npy").write_bytes(texts.tobytes())
    assert MetaDataset(tmp_path).labels["name"].tolist() == ["ab", "c"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("x.npy", "which tells shape and type"), ("x-*-9-*-float64.npy", "16 bytes, but its name says 72")],
)
def test_a_damaged_label_file_is_named(tmp_path: Path, name: str, sentence: str) -> None:
    write_meta_dataset(tmp_path, {}, {})
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / name).write_bytes(bytes(16))
    with pytest.raises(SubsongError, match=sentence):
        MetaDataset(tmp_path)


def test_labels_of_different_length_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match="one length"):
        write_meta_dataset(tmp_path, {"a": np.zeros(2), "b": np.zeros(3)}, {})
    write_meta_dataset(tmp_path, {"a": np.zeros(2)}, {})
    write_label(tmp_path, "b", np.zeros(3))
    with pytest.raises(SubsongError, match="3 rows, but the label 'a' has 2"):
        MetaDataset(tmp_path)


def test_fixed_examples_stay_the_same() -> None:
    iterator = TemplateIterator({}, ".", None, {"train": Squares(20)})
    first = [example["index_"] for example in iterator.get_fixed_examples("train")]
    assert first == [example["index_"] for example in iterator.get_fixed_examples("train")]
    assert len(set(first)) == 8
    iterator.config = {"fixed_example_indices": {"train": [3, 1]}}
    assert [example["index_"] for example in iterator.get_fixed_examples("train")] == [3, 1]


def test_an_output_without_the_batch_dimension_is_named() -> None:
    with pytest.raises(SubsongError, match=r"eval_op returned 'image' with shape \(3, 4\).*\(2, ...\)"):
        check_outputs({"image": np.zeros((3, 4))}, 2)
    with pytest.raises(SubsongError, match="'labels/loss' with shape"):
        check_outputs({"labels": {"loss": np.float32(1)}}, 2)


def test_pictures_have_the_declared_range_however_dark_or_bright() -> None:
    bright = np.full((1, 2, 2, 3), 0.2, np.float32)
    assert set(tile_log_pictures("x", bright)[2:4, 2:4].ravel().tolist()) == {153}
    whole = np.full((1, 2, 2, 1), 7, np.uint8)
    assert set(tile_log_pictures("x", whole)[2:4, 2:4].ravel().tolist()) == {7}


def test_logs_are_dense_at_first() -> None:
    assert [step for step in range(60) if is_due(step, 3, 20)] == [0, 6, 12, 20, 40]
    assert [step for step in range(5) if is_due(step, 1, 1)] == [0, 1, 2, 3, 4]
