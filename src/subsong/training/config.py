"""The ``training``, ``optimizer`` and ``evaluation`` parts of a run's configuration."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from subsong.core.config import ConfigBase, ImportedPart
from subsong.core.devices import Precision
from subsong.datasets.corruption import CorruptionConfig


class _OptimizerBase(ConfigBase):
    learning_rate: float = Field(1e-3, gt=0, description="Step size.")
    weight_decay: float = Field(0.0, ge=0, description="Weight decay.")


class AdamConfig(_OptimizerBase):
    """Adam (Kingma & Ba 2015), or AdamW with decoupled weight decay; fused where the device has it."""

    kind: Literal["adam", "adamw"] = "adam"
    betas: tuple[float, float] = Field((0.9, 0.999), description="Decay of the two moments.")
    eps: float = Field(1e-8, gt=0, description="Added to the denominator.")
    fused: bool | Literal["auto"] = Field("auto", description="One kernel for all parameters: faster, same formula.")


class SgdConfig(_OptimizerBase):
    """Stochastic gradient descent."""

    kind: Literal["sgd"] = "sgd"
    momentum: float = Field(0.0, ge=0, lt=1, description="Momentum.")
    nesterov: bool = Field(False, description="Nesterov's momentum.")


class ImportedOptimizer(ImportedPart):
    """A user's own optimizer class: ``Class(parameters, lr=learning_rate, **arguments)``."""

    learning_rate: float = Field(1e-3, gt=0, description="Step size, passed as lr.")


OptimizerConfig = Annotated[AdamConfig | SgdConfig | ImportedOptimizer, Field(discriminator="kind")]


class ConstantRate(ConfigBase):
    """The learning rate stays as it is."""

    kind: Literal["none"] = "none"


class PlateauRate(ConfigBase):
    """The learning rate falls when the validation loss has not improved for a while."""

    kind: Literal["plateau"] = "plateau"
    factor: float = Field(0.1, gt=0, lt=1, description="What the rate is multiplied by.")
    patience: int = Field(5, ge=0, description="Epochs without improvement before it falls.")
    min_delta: float = Field(1e-4, ge=0, description="Smallest relative change that counts as improvement.")
    min_rate: float = Field(0.0, ge=0, description="The rate never falls below this.")


class CosineRate(ConfigBase):
    """The learning rate warms up linearly and falls along half a cosine until the end of the run."""

    kind: Literal["cosine"] = "cosine"
    warmup_fraction: float = Field(0.0, ge=0, lt=1, description="Share of the run spent warming up.")
    final_fraction: float = Field(0.0, ge=0, le=1, description="Rate at the end, as a fraction of the full one.")


class LinearRate(ConfigBase):
    """The learning rate stays for a while and then falls straight until the end of the run."""

    kind: Literal["linear"] = "linear"
    start_fraction: float = Field(0.0, ge=0, lt=1, description="Share of the run before it begins to fall.")
    final_fraction: float = Field(0.0, ge=0, le=1, description="Rate at the end, as a fraction of the full one.")


RateConfig = Annotated[ConstantRate | PlateauRate | CosineRate | LinearRate, Field(discriminator="kind")]


class EarlyStoppingConfig(ConfigBase):
    """Stop when the validation loss no longer improves."""

    patience: int = Field(10, ge=1, description="Epochs without improvement before the run stops.")
    min_delta: float = Field(0.0, ge=0, description="Smallest improvement that counts, in nats.")


class ClippingConfig(ConfigBase):
    """Bound the gradient, by its norm over all parameters or value by value."""

    max_norm: float | None = Field(None, gt=0, description="Largest L2 norm of the whole gradient.")
    max_value: float | None = Field(None, gt=0, description="Or the largest absolute value of an entry.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.max_norm is None) == (self.max_value is None):
            raise ValueError("give either max_norm or max_value")
        return self


class CheckpointConfig(ConfigBase):
    """When the state of the run is kept. The last and the best epoch's always are."""

    every_epochs: int | None = Field(None, ge=1, description="Also keep every n-th epoch's.")
    every_steps: int | None = Field(None, ge=1, description="Renew the last one every n steps, within an epoch.")
    every_minutes: float | None = Field(10.0, gt=0, description="Renew the last one after this time, within an epoch.")


class WatchConfig(ConfigBase):
    """What the engine watches for."""

    non_finite: bool = Field(True, description="Stop on a loss that is not a number; keep the last good state.")
    collapse: bool = Field(True, description="Warn when the posterior collapses.")


class TrainingConfig(ConfigBase):
    """How long, how fast and on what a model trains."""

    num_epochs: int = Field(10, ge=1, description="Passes over the training examples.")
    batch_size: int = Field(128, ge=1, description="Examples per update, over all devices and micro-batches.")
    shuffle: bool = Field(True, description="New seeded order of the examples each epoch.")
    drop_last: bool = Field(False, description="Leave out the last batch of an epoch when it is smaller.")
    rate_schedule: RateConfig = Field(ConstantRate(), description="How the learning rate changes.")
    early_stopping: EarlyStoppingConfig | None = Field(None, description="Stop early; null trains all epochs.")
    gradient_clipping: ClippingConfig | None = Field(None, description="Bound the gradient; null does not.")
    num_accumulated: int = Field(1, ge=1, description="Micro-batches a batch is split into, where memory is short.")
    ema_decay: float | None = Field(None, gt=0, lt=1, description="Evaluate a running average of the weights.")
    corruption: tuple[CorruptionConfig, ...] = Field((), description="Noise on the inputs, during training only.")
    checkpoint: CheckpointConfig = Field(CheckpointConfig(), description="When the state of the run is kept.")
    log_steps: Literal["doubling"] | int | None = Field(
        "doubling",
        description="Steps at which metrics are logged: 0, 1, 2, 4 ... 512, 1000, 2000 ..., or every n-th; null: none.",
    )
    figure_epochs: int | None = Field(1, ge=1, description="Draw figures every n-th epoch; null draws none.")
    tensorboard: bool = Field(False, description="Write TensorBoard files, with the model's graph.")
    debug_timing: bool = Field(False, description="Log the seconds spent in each part of a step.")
    watch: WatchConfig = Field(WatchConfig(), description="What to watch for.")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Kind of device.")
    num_devices: int = Field(1, ge=1, description="Devices (processes) on each machine.")
    num_nodes: int = Field(1, ge=1, description="Machines.")
    strategy: str = Field("auto", description="A Lightning Fabric strategy for several devices, such as ddp.")
    precision: Precision = Field("float32", description="auto takes bf16 only where the processor gains by it.")
    compile: bool = Field(False, description="Compile the model (torch.compile); pays for large networks.")
    num_prefetched: int = Field(0, ge=0, description="Batches fetched ahead in a thread; 0 fetches when needed.")


class EvaluationConfig(ConfigBase):
    """The evaluation of the whole validation split."""

    every_epochs: int = Field(1, ge=1, description="Evaluate after every n-th epoch, and after the last.")
    batch_size: int = Field(500, ge=1, description="Examples scored at a time; changes no number.")
    store: Literal["none", "last", "all"] = Field(
        "last", description="Keep per-example losses and outputs of no epoch, of the last and the best, or of all."
    )
    num_importance_samples: int = Field(
        100,
        ge=0,
        description="Draws an example for the importance-weighted likelihood of the final evaluation; 0: none.",
    )
