"""What a time warp may be, and what it costs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from subsong.core.config import ConfigBase

WarpKind = Literal["none", "shift", "linear", "piecewise"]


class WarpConfig(ConfigBase):
    """How the renditions of a motif are aligned in time.

    The defaults of `smoothness`, `warp_penalty` and `l2` are AVA's (Goffinet et al. 2021, eLife 10:e67855), whose
    ``n_knots`` is -1 for a shift, 0 for a line and k for k + 1 pieces. Lengths of time are fractions of the time base
    of the renditions: 0 is its first frame, 1 its last.
    """

    kind: WarpKind = Field(
        "linear",
        description="none: renditions stay as they are; shift: each begins earlier or later; linear: each also has "
        "a tempo; piecewise: its tempo also changes at num_knots moments.",
    )
    num_knots: int = Field(
        1, ge=1, le=20, description="Moments inside the motif where a piecewise warp changes its tempo; else not used."
    )
    smoothness: float = Field(
        0.1, ge=0, description="Weight of the squared second differences of the template: larger for a smoother one."
    )
    warp_penalty: float = Field(
        0.01, ge=0, description="Weight of the area between a warp and no warp: larger keeps warps near none."
    )
    l2: float = Field(1e-7, gt=0, description="Weight of the squared template: keeps moments nobody sang finite.")
    max_shift: float = Field(
        0.25, gt=0, le=1, description="Furthest that a warp moves any moment, as a fraction of the time base."
    )
    max_stretch: float = Field(
        4.0,
        gt=1,
        description="How many times faster or slower than the template a piece may be; keeps warps invertible.",
    )
    num_iterations: int = Field(
        50,
        ge=1,
        description="Most rounds of a stage (shifts, lines, pieces), each fitting warps and template; fewer "
        "when nothing improves.",
    )
    seed: int = Field(0, ge=0, description="Draws the directions that warps are tried to change in.")

    @property
    def num_outer_and_inner_knots(self) -> int:
        """K: the two ends and, of a piecewise warp, the knots between them."""
        return 2 + (self.num_knots if self.kind == "piecewise" else 0)
