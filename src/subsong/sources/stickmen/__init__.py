"""Poses as pictures: stickmen drawn from keypoints, and crops of a picture normalised to the parts of the body.

`shapes` measures lines and polygons on pixels, `marks` knows what a stickman of either style is made of, `draw` paints
it; `boxes` finds where the parts are, `crops` cuts them out.
"""

from subsong.sources.stickmen.boxes import list_parts
from subsong.sources.stickmen.crops import crop_parts
from subsong.sources.stickmen.draw import draw_stickmen
from subsong.sources.stickmen.marks import StickmanStyle

__all__ = ["StickmanStyle", "crop_parts", "draw_stickmen", "list_parts"]
