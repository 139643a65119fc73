"""torchbearer's state: its keys under their old names, and the mapping they are keys of.

A key is a string with another type, so that ``state[torchbearer.X]`` and ``state["x"]`` are the same entry, as a script
written for either generation of torchbearer expects.
"""

from __future__ import annotations

from typing import Any

from subsong.training.state import State as _State
from subsong.training.state import StateKey as _StateKey

_known: set[str] = set()


class StateKey(_StateKey[Any]):
    """A key of the state that no other one equals: a name that is taken gets a number behind it."""

    __slots__ = ()

    def __new__(cls, key: str) -> StateKey:
        """Return the key, with ``_1``, ``_2`` ... behind its name when it is taken."""
        name, number = str(key), 0
        while name in _known:
            number += 1
            name = f"{key}_{number}"
        _known.add(name)
        return super().__new__(cls, name)


def state_key(key: str) -> StateKey:
    """Return a new key for a script's own entries in the state."""
    return StateKey(key)


class State(_State):
    """The state of a trial: one mapping for its whole life, as torchbearer has it.

    What a model or callback writes stays until it is overwritten; the entries of a batch are overwritten by the next.
    """

    def get_key(self, key: str) -> str:
        """Return the key as it is looked up."""
        return str(key)


VERSION = StateKey("torchbearer_version")
MODEL = StateKey("model")
CRITERION = StateKey("criterion")
OPTIMIZER = StateKey("optimizer")
DEVICE = StateKey("device")
DATA_TYPE = StateKey("dtype")
METRIC_LIST = StateKey("metric_list")
METRICS = StateKey("metrics")
SELF = StateKey("self")
EPOCH = StateKey("epoch")
MAX_EPOCHS = StateKey("max_epochs")
DATA = StateKey("data")
GENERATOR = StateKey("generator")
ITERATOR = StateKey("iterator")
STEPS = StateKey("steps")
TRAIN_GENERATOR = StateKey("train_generator")
TRAIN_STEPS = StateKey("train_steps")
TRAIN_DATA = StateKey("train_data")
INF_TRAIN_LOADING = StateKey("inf_train_loading")
VALIDATION_GENERATOR = StateKey("validation_generator")
VALIDATION_STEPS = StateKey("validation_steps")
VALIDATION_DATA = StateKey("validation_data")
TEST_GENERATOR = StateKey("test_generator")
TEST_STEPS = StateKey("test_steps")
TEST_DATA = StateKey("test_data")
STOP_TRAINING = StateKey("stop_training")
Y_TRUE = TARGET = StateKey("y_true")
Y_PRED = PREDICTION = StateKey("y_pred")
X = INPUT = StateKey("x")
SAMPLER = StateKey("sampler")
LOADER = StateKey("loader")
LOSS = StateKey("loss")
FINAL_PREDICTIONS = StateKey("final_predictions")
BATCH = StateKey("t")
TIMINGS = StateKey("timings")
CALLBACK_LIST = StateKey("callback_list")
HISTORY = StateKey("history")
BACKWARD_ARGS = StateKey("backward_args")
MIXUP_LAMBDA = StateKey("mixup_lambda")
MIXUP_PERMUTATION = StateKey("mixup_permutation")
