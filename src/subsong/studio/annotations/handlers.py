"""What handlers of requests about annotations share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from subsong.studio.context import StudioContext


class Handlers:
    """Handlers of requests to one project.

    Parameters
    ----------
    context
        The project.
    """

    def __init__(self, context: StudioContext) -> None:
        self._context = context
