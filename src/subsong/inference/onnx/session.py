"""An ONNX file opened with onnxruntime, and what it says when it cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.inference.onnx.metadata import OnnxMetadata, parse_metadata
from subsong.sources.reading import read_errors

if TYPE_CHECKING:
    import onnxruntime

SUFFIX = ".onnx"
_LOG_FATAL_ONLY = 4


class OpenGraph(NamedTuple):
    """A graph that computes.

    Attributes
    ----------
    session
        Of onnxruntime.
    metadata
        What the file says of itself.
    """

    session: onnxruntime.InferenceSession
    metadata: OnnxMetadata

    def run(self, values: np.ndarray) -> list[np.ndarray]:
        """Return the outputs for an input of float32, in their order."""
        outputs: list[np.ndarray] = self.session.run(None, {self.session.get_inputs()[0].name: values})
        return outputs


def open_graph(path: Path, num_threads: int) -> OpenGraph:
    """Open a file that 'subsong export' wrote.

    Parameters
    ----------
    path
        The file.
    num_threads
        How many threads compute.

    Raises
    ------
    SubsongError
        When onnxruntime is not installed, or the file cannot be read, is damaged or was not written by Subsong.
    """
    try:
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as errors
    except ImportError as error:
        raise SubsongError(f"{path} is computed by onnxruntime, an extra: pip install 'subsong[onnx]'") from error
    with read_errors(path):
        content = path.read_bytes()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = num_threads
    # Threads that wait by counting take the cores from whoever reads the recording meanwhile.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _LOG_FATAL_ONLY
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except (errors.Fail, errors.InvalidArgument, errors.InvalidGraph, errors.InvalidProtobuf, errors.NotImplemented,
            errors.RuntimeException) as error:  # fmt: skip
        raise SubsongError(f"{path} is damaged or no ONNX file: export the model again") from error
    return OpenGraph(session, parse_metadata(path, session.get_modelmeta().custom_metadata_map))
