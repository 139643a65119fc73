"""At which steps metrics are logged: often at first, when much changes, then rarely."""

from __future__ import annotations

from typing import Literal

LOG_INTERVAL = 1000
"""From this step on the doubling schedule logs every so many steps."""


def is_log_step(step: int, schedule: Literal["doubling"] | int | None) -> bool:
    """Return whether `step` (number of updates done) is logged.

    Parameters
    ----------
    step
        0 is before the first update.
    schedule
        ``"doubling"``: 0, 1, 2, 4, 8 ... 512, 1000, 2000 ...; a number n: every n-th step; None: none.

    Examples
    --------
    >>> [step for step in range(3001) if is_log_step(step, "doubling")]
    [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 2000, 3000]
    """
    if schedule is None:
        return False
    if schedule != "doubling":
        return step % schedule == 0
    if step < LOG_INTERVAL:
        return step & (step - 1) == 0
    return step % LOG_INTERVAL == 0
