"""Graphs -> ONNX files: whole or not at all, with what they say of themselves."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.inference.onnx.graphs import Graph
from subsong.inference.onnx.metadata import OnnxMetadata

if TYPE_CHECKING:
    import onnx

_OPSET = 18


def write_graph(path: Path, graph: Graph, metadata: OnnxMetadata) -> None:
    """Write a graph as an ONNX file.

    Raises
    ------
    SubsongError
        When the packages for it are not installed, the network has a part that ONNX has not, or the disk is full.
    """
    model = convert_graph(graph)
    for key, value in metadata.render().items():
        model.metadata_props.add(key=key, value=value)
    with atomic_file(path) as file:
        file.write(model.SerializeToString())


def convert_graph(graph: Graph) -> onnx.ModelProto:
    """Return a graph in ONNX.

    Raises
    ------
    SubsongError
        When the packages for it are not installed, or the network has a part that ONNX has not.
    """
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise SubsongError("export needs the extra: pip install 'subsong[onnx]'") from error
    module, example = graph.module.cpu().eval(), graph.example
    try:
        model = _convert(module, example, graph)
    except torch.onnx.errors.OnnxExporterError as error:
        reason = str(error.__cause__ or error).strip().partition("\n")[0]
        raise SubsongError(
            f"the network has a part that cannot be written as ONNX ({reason}): use its model folder"
        ) from error
    _forget_source(model)
    _name_axes(model, graph)
    return model


def _convert(module: torch.nn.Module, example: torch.Tensor, graph: Graph) -> Any:
    exporter_log = logging.getLogger("torch.onnx")
    level = exporter_log.level
    # PyTorch's exporter warns of its own inner workings, and of packages that are none of the user's concern.
    exporter_log.setLevel(logging.ERROR)
    try:
        # With gradients a network takes the way it was trained on, and none of those that PyTorch alone has.
        with warnings.catch_warnings(), torch.enable_grad():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                module,
                (example,),
                input_names=[graph.input_name],
                output_names=list(graph.output_names),
                dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
                opset_version=_OPSET,
                dynamo=True,
                verbose=False,
            )
    finally:
        exporter_log.setLevel(level)
    assert program is not None
    return program.model_proto


def _forget_source(model: onnx.ModelProto) -> None:
    """Take out where in the source each operation came from: paths of this machine."""
    main = model.graph
    main.ClearField("value_info")
    for part in (main, *main.node, *main.input, *main.output, *main.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    model.ClearField("metadata_props")


def _name_axes(model: onnx.ModelProto, graph: Graph) -> None:
    """Call the first axes by what they count."""
    for values, axis in ((model.graph.input, graph.input_axis), (model.graph.output, graph.output_axis)):
        for value in values:
            value.type.tensor_type.shape.dim[0].dim_param = axis
