"""Pictures as PNG, read again by another program."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from subsong.studio.sound.colours import build_colours
from subsong.studio.sound.png import encode_png

VALUES_HW = np.arange(7 * 256, dtype=np.uint32).reshape(7, 256).astype(np.uint8)


def test_grey_values_come_back_as_they_were() -> None:
    picture = Image.open(io.BytesIO(encode_png(VALUES_HW)))
    assert picture.mode == "L"
    assert np.array_equal(np.asarray(picture), VALUES_HW)


@pytest.mark.parametrize("scale", ["gray", "gray_r", "inferno", "magma", "viridis"])
def test_colours_are_those_of_the_scale_of_that_name(scale: str) -> None:
    import matplotlib

    picture = Image.open(io.BytesIO(encode_png(VALUES_HW, build_colours(scale))))  # type: ignore[arg-type]
    expected = matplotlib.colormaps[scale](VALUES_HW)[..., :3] * 255
    assert np.abs(np.asarray(picture.convert("RGB")) - expected).max() < 7
