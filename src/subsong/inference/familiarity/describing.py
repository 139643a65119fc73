"""What is unusual about a recording for a model, in sentences for a log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from subsong.inference.segmenter import TrainedSegmenter


def describe_unfamiliar(model: TrainedSegmenter, path: str | Path, name: str | None = None) -> list[str]:
    """Return a sentence for everything unusual about a recording, none where it is like those of training.

    Parameters
    ----------
    model
        What is to annotate it.
    path
        The recording.
    name
        What the sentences call it; None: its file name.

    Raises
    ------
    SubsongError
        When the recording cannot be read.
    """
    table = model.check(path, name)
    return [
        f"{recording}{'' if channel is None else f' (channel {channel})'}: {warning}"
        for recording, channel, warning in table.select("recording", "channel", "warning").rows()
    ]
