"""The one error a user can cause, and mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_MAX_LISTED = 12


class SubsongError(ValueError):
    """A mistake the user can mend, said in one sentence.

    The sentence holds what was expected, what was found, in which file and row, and what to do.
    The command line prints it without a traceback and ends with exit code 2.
    """


class Interrupted(SubsongError):
    """The run was asked to stop (Ctrl-C or SIGTERM) and left a checkpoint.

    Parameters
    ----------
    message
        Where the checkpoint lies and how to go on.
    signal_number
        The signal that asked; the process ends with exit code ``128 + signal_number``.
    """

    def __init__(self, message: str, signal_number: int) -> None:
        super().__init__(message)
        self.signal_number = signal_number


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` for the nearest known word, else what is known, the first dozen of it.

    Examples
    --------
    >>> did_you_mean("bacth_size", ["batch_size", "num_epochs"])
    "did you mean 'batch_size'?"
    >>> did_you_mean("zzz", ["b", "a"])
    'known are a, b'
    """
    known = sorted(known)
    if not known:
        return "none are known"
    nearest = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if nearest:
        return f"did you mean {nearest[0]!r}?"
    more = f" and {len(known) - _MAX_LISTED} more" if len(known) > _MAX_LISTED else ""
    return "known are " + ", ".join(known[:_MAX_LISTED]) + more
