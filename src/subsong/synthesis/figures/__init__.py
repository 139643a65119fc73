"""Made-up figures with textures, whose appearance in any pose is known exactly.

`body` says what a body is, `person` and `bird` are two of them and draw poses, `wardrobe` and
`appearance` dress figures, `patterns` and `render` paint them; `make` puts every figure into every pose.
"""

from subsong.synthesis.figures.make import make_figures, write_figures
from subsong.synthesis.figures.options import FigureOptions

__all__ = ["FigureOptions", "make_figures", "write_figures"]
