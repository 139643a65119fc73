"""The task of a `Trial`: any module, with a criterion, terms and metrics, and the state of the step for who asks.

Legend: B = examples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from torch import Tensor, nn

from subsong.core.errors import SubsongError
from subsong.core.noise import Noise
from subsong.objectives.objective import LossTable, Objective, WeightedTerm
from subsong.objectives.schedules import Schedule, check_schedule
from subsong.objectives.terms import TermFunction
from subsong.training.callbacks.base import Callback
from subsong.training.calling import Forward, build_forward_call, parameter_names, wants_state
from subsong.training.state import BATCH, INPUT, LOSS, NOISE, OUTPUT, STEP, TARGET, TRAINING, State
from subsong.training.task import keep_tensors

Reduction = Literal["mean", "sum"]
Term = Callable[..., Tensor]
"""``(output, batch) -> (B,)``, or with a parameter ``state`` besides."""


class StepCallback(Callback):
    """A callback that also takes part in the computation of every batch, trained on or scored.

    ``state["training"]`` says which of both it is.
    """

    def on_output(self, state: State) -> None:
        """After the model's output, before its loss."""

    def on_loss(self, state: State) -> None:
        """After the loss; may replace ``state["loss"]``, shape (B,)."""


class Losses(NamedTuple):
    """What a trial minimises and reports.

    Attributes
    ----------
    criterion
        ``(output, target)``, ``(output, target, state)`` or ``(state)`` -> loss of each example, or one number.
    reduction
        How a criterion that returns one number has reduced it over the examples.
    terms
        Name -> term, with a weight or schedule where it is not 1.
    metrics
        Name -> value of each example, reported and not minimised; called like a term.
    """

    criterion: Callable[..., Tensor] | None = None
    reduction: Reduction | None = None
    terms: Mapping[str, Term | tuple[Term, Schedule]] | None = None
    metrics: Mapping[str, Term] | Sequence[Term] = ()


class TrialTask:
    """Computes a batch of any module.

    Parameters
    ----------
    module
        The model; what it is given is said by `build_forward_call`.
    losses
        What is minimised and reported.
    callbacks
        Those that take part in a step.
    num_steps
        Updates in the run, for schedules given as a fraction of it.

    Attributes
    ----------
    state
        The state of the batch that was computed last.
    """

    def __init__(self, module: nn.Module, losses: Losses, callbacks: Sequence[StepCallback], num_steps: int) -> None:
        self.module, self.state = module, State()
        self._call = build_forward_call(module)
        self._objective = Objective(self._build_terms(losses), num_steps)
        self._is_criterion_alone = not losses.terms
        self._metrics = {name: self._as_term(metric) for name, metric in name_metrics(losses.metrics).items()}
        self._step_callbacks = callbacks
        both = self._objective.terms.keys() & self._metrics.keys()
        if both:
            raise SubsongError(f"{both.pop()!r} names a loss term and a metric: rename one of them")

    def compute(self, forward: Forward, batch: Any, noise: Noise, step: int, training: bool) -> tuple[LossTable, Any]:
        """Return the loss table and the output of a batch; its metrics stand among the terms."""
        target = batch[2] if len(batch) > 2 else batch[1]
        state = self.state = State({INPUT: batch[1], TARGET: target, BATCH: batch, NOISE: noise})
        state.update({STEP: step, TRAINING: training})
        output = state[OUTPUT] = self._call(forward, batch, noise, state)
        for callback in self._step_callbacks:
            callback.on_output(state)
        table = self._objective(output, batch, step if training else self._objective.num_steps)
        state[LOSS] = table.total_B
        for callback in self._step_callbacks:
            callback.on_loss(state)
        return self._complete(table, state), output

    def _complete(self, table: LossTable, state: State) -> LossTable:
        """Return the table with the loss the callbacks left and with the metrics."""
        total_B = state[LOSS]
        if total_B.shape != table.total_B.shape:
            raise SubsongError(
                f"a callback replaced the loss by values of shape {tuple(total_B.shape)}, expected one value per "
                f"example, shape {tuple(table.total_B.shape)}"
            )
        terms = {} if self._is_criterion_alone else dict(table.terms)
        for name, metric in self._metrics.items():
            value_B = metric(state[OUTPUT], state[BATCH], state[STEP], self._objective.num_steps)
            terms[name] = check_per_example(f"metric {name!r}", value_B, len(total_B)).detach().to(total_B.dtype)
        return LossTable(total_B, terms, {} if self._is_criterion_alone else table.weights)

    def outputs(self, output: Any, batch: Any) -> dict[str, Tensor]:
        """Return the tensors of an output that have one row an example."""
        return keep_tensors(output, len(batch[0]))

    def _build_terms(self, losses: Losses) -> dict[str, WeightedTerm]:
        terms: dict[str, WeightedTerm] = {}
        if losses.criterion is not None:
            terms["criterion"] = WeightedTerm(self._as_criterion(losses.criterion, losses.reduction), 1.0)
        for name, term in (losses.terms or {}).items():
            if name in ("loss", "criterion"):
                raise SubsongError(f"a loss term cannot be called {name!r}, which names another number: rename it")
            function, weight = term if isinstance(term, tuple) else (term, 1.0)
            terms[name] = WeightedTerm(self._as_term(function), weight)
        if not terms:
            raise SubsongError("a trial needs a loss: give a criterion or at least one of terms")
        return terms

    def _as_term(self, function: Term) -> TermFunction:
        if wants_state(function):
            return lambda output, batch, step, num_steps: function(output, batch, state=self.state)
        return lambda output, batch, step, num_steps: function(output, batch)

    def _as_criterion(self, criterion: Callable[..., Tensor], reduction: Reduction | None) -> TermFunction:
        call = build_criterion_call(criterion)

        def compute_criterion(output: Any, batch: Any, step: int, num_steps: int) -> Tensor:
            return spread_over_examples(call(output, self.state[TARGET], self.state), len(batch[0]), reduction)

        return compute_criterion


def build_criterion_call(criterion: Callable[..., Tensor]) -> Callable[[Any, Any, State], Tensor]:
    """Return how a criterion is called, ``(output, target, state)``, as the names of its parameters ask for."""
    names = parameter_names(criterion)
    if names == ["state"]:
        return lambda output, target, state: criterion(state)
    if "state" in names:
        return lambda output, target, state: criterion(output, target, state=state)
    return lambda output, target, state: criterion(output, target)


def spread_over_examples(value: Any, num_rows: int, reduction: Reduction | None) -> Tensor:
    """Return a criterion's value as one value per example, whose mean has the gradient of the mean over examples.

    Raises
    ------
    SubsongError
        When it is one number and nobody has said how it was reduced, or has another shape.
    """
    if not isinstance(value, Tensor) or value.ndim > 0:
        return check_per_example("the criterion", value, num_rows)
    if reduction is None:
        raise SubsongError(
            f"the criterion returned one number for {num_rows} examples: let it return one value per example "
            "(reduction='none', summed over the other axes), or say Trial(..., reduction='mean') or 'sum', whichever "
            "it does"
        )
    return (value / num_rows if reduction == "sum" else value).expand(num_rows)


def check_per_example(what: str, value: Any, num_rows: int) -> Tensor:
    """Return `value`, or raise SubsongError when it is not one value per example; `what` begins the sentence."""
    if not isinstance(value, Tensor) or value.shape != (num_rows,):
        found = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else f"a {type(value).__name__}"
        raise SubsongError(
            f"{what} must return one value per example, a tensor of shape ({num_rows},), but returned {found}: sum or "
            "average over all axes but the first"
        )
    return value


def name_metrics(metrics: Mapping[str, Term] | Sequence[Term]) -> dict[str, Term]:
    """Return metrics by name; functions in a list are called by their own."""
    if isinstance(metrics, Mapping):
        return dict(metrics)
    return {str(getattr(metric, "__name__", type(metric).__name__)): metric for metric in metrics}


def check_terms(terms: Mapping[str, Term | tuple[Term, Schedule]] | None, num_steps: int) -> None:
    """Raise SubsongError when a weight's schedule cannot finish within `num_steps`; names the term."""
    for name, term in (terms or {}).items():
        if isinstance(term, tuple):
            try:
                check_schedule(term[1], num_steps)
            except SubsongError as error:
                raise SubsongError(f"term {name!r}: {error}") from error
