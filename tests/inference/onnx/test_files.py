"""What is said of files that cannot be used."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from subsong.core.errors import SubsongError
from subsong.inference.load import load_model
from subsong.inference.onnx.graphs import Graph
from subsong.inference.onnx.metadata import OnnxMetadata
from subsong.inference.onnx.session import open_graph
from subsong.inference.onnx.writing import convert_graph


def write_doubling(path: Path, properties: dict[str, str]) -> Path:
    """Write a graph that doubles a number, with these properties."""
    value = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n"]) for name in ("x", "y")]
    nodes = [onnx.helper.make_node("Add", ["x", "x"], ["y"])]
    graph = onnx.helper.make_graph(nodes, "doubling", value[:1], value[1:])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10)
    onnx.helper.set_model_props(model, properties)
    path.write_bytes(model.SerializeToString())
    return path


def describe(part: str) -> OnnxMetadata:
    return OnnxMetadata.model_validate(
        {"subsong": "0.1.0", "part": part, "recipe": "digits-vae", "model": {}, "preprocessing": {}}
    )


def test_a_graph_computes_and_says_what_it_is(tmp_path: Path) -> None:
    graph = open_graph(write_doubling(tmp_path / "a.onnx", describe("encoder").render()), num_threads=1)
    np.testing.assert_array_equal(graph.run(np.array([1.5, 2.0], np.float32))[0], [3.0, 4.0])
    assert graph.metadata == describe("encoder")


def test_a_file_of_another_program_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match=r"a\.onnx was not written by 'subsong export'"):
        load_model(write_doubling(tmp_path / "a.onnx", {}))


def test_a_description_of_another_version_is_refused(tmp_path: Path) -> None:
    text = describe("encoder").render()["subsong"].replace('"version": 1', '"version": 2')
    with pytest.raises(SubsongError, match=r"a\.onnx does not say .*version: .*export it again"):
        load_model(write_doubling(tmp_path / "a.onnx", {"subsong": text}))


@pytest.mark.parametrize("content", [b"", b"junk"])
def test_a_damaged_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(content)
    with pytest.raises(SubsongError, match=r"a\.onnx is damaged or no ONNX file"):
        load_model(tmp_path / "a.onnx")


def test_half_a_file_is_refused(tmp_path: Path) -> None:
    path = write_doubling(tmp_path / "a.onnx", describe("encoder").render())
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(SubsongError, match="is damaged or no ONNX file"):
        load_model(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match=r"a\.onnx does not exist"):
        load_model(tmp_path / "a.onnx")


def test_half_of_a_vae_is_no_segmenter(tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match="is the encoder of a VAE"):
        load_model(write_doubling(tmp_path / "a.onnx", describe("encoder").render()))


def test_without_onnxruntime_it_says_which_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_doubling(tmp_path / "a.onnx", describe("encoder").render())
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(SubsongError, match=r"pip install 'subsong\[onnx\]'"):
        load_model(path)


def test_without_onnx_it_says_which_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(SubsongError, match=r"pip install 'subsong\[onnx\]'"):
        convert_graph(Graph(torch.nn.ReLU(), torch.zeros(2), "x", ("y",)))


def test_a_part_that_onnx_has_not_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **settings: object) -> None:
        raise torch.onnx.OnnxExporterError("Failed to decompose") from ValueError(
            "no function for bessel_j0\nat line 3"
        )

    monkeypatch.setattr(torch.onnx, "export", refuse)
    with pytest.raises(SubsongError, match=r"cannot be written as ONNX \(no function for bessel_j0\): use its model f"):
        convert_graph(Graph(torch.nn.ReLU(), torch.zeros(2), "x", ("y",)))
