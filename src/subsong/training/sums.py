"""Means over examples of what a pass over the data computes batch by batch: sums and counts in float64."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from subsong.objectives.objective import LossTable

Reduce = Callable[[Tensor], Tensor]


class RunningSums:
    """Sums of the loss and of each term over examples; their quotient does not depend on the batch size.

    A term that was skipped for a while (weight 0) counts only the examples it was computed for.
    """

    def __init__(self) -> None:
        self._sums: dict[tuple[str, ...], Tensor] = {}
        self._counts: dict[tuple[str, ...], int] = {}

    def add(self, table: LossTable) -> None:
        """Add the examples of a batch."""
        names = ("loss", *table.terms)
        rows = torch.stack([table.total_B.detach(), *(value.detach() for value in table.terms.values())])
        # MPS has no float64.
        sums = (rows.cpu() if rows.device.type == "mps" else rows).sum(dim=1, dtype=torch.float64)
        self._sums[names] = self._sums[names] + sums if names in self._sums else sums
        self._counts[names] = self._counts.get(names, 0) + rows.shape[1]

    def means(self, reduce: Reduce | None = None) -> dict[str, float]:
        """Return the mean over examples of the loss and of each term.

        Parameters
        ----------
        reduce
            Adds up a tensor over the processes of a run on several devices.
        """
        sums: dict[str, float] = {}
        counts: dict[str, float] = {}
        for key, (*totals, count) in self.state_dict(reduce).items():
            for name, total in zip(key.split("/"), totals, strict=True):
                sums[name] = sums.get(name, 0.0) + total
                counts[name] = counts.get(name, 0.0) + count
        return {name: sums[name] / counts[name] for name in sums}

    def state_dict(self, reduce: Reduce | None = None) -> dict[str, list[float]]:
        """Return sums, and the count behind them, as plain numbers."""
        state = {}
        for names, values in self._sums.items():
            stacked = torch.cat([values.cpu(), torch.tensor([self._counts[names]], dtype=torch.float64)])
            state["/".join(names)] = (stacked if reduce is None else reduce(stacked)).tolist()
        return state

    def load_state_dict(self, state: Mapping[str, list[float]]) -> None:
        """Put back what `state_dict` returned."""
        for key, values in state.items():
            names = tuple(key.split("/"))
            self._sums[names] = torch.tensor(values[:-1], dtype=torch.float64)
            self._counts[names] = int(values[-1])


def means_of(table: LossTable) -> dict[str, float]:
    """Return the mean over the examples of one batch of the loss and of each term."""
    sums = RunningSums()
    sums.add(table)
    return sums.means()
