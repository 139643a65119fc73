"""How many processes train a run, and who starts them."""

from __future__ import annotations

import pytest

from subsong.core.errors import SubsongError
from subsong.training.config import TrainingConfig
from subsong.training.fabric import build_fabric, is_started_elsewhere

ONE, FOUR = TrainingConfig(device="cpu"), TrainingConfig(device="cpu", num_devices=2, num_nodes=2)


@pytest.mark.parametrize(
    ("variables", "starter"),
    [
        ({"TORCHELASTIC_RUN_ID": "none", "WORLD_SIZE": "2"}, "torchrun"),
        ({"SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "2"}, "Slurm"),
    ],
)
def test_other_processes_than_the_configuration_says_are_an_error(
    variables: dict[str, str], starter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for config, said in ((ONE, "1 x 1"), (FOUR, "2 x 2")):
        with pytest.raises(SubsongError, match=f"{starter} started 2 processes, .* is {said}"):
            build_fabric(config)


def test_one_process_is_never_started_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_started_elsewhere(FOUR)
    monkeypatch.setenv("SLURM_PROCID", "0")
    assert is_started_elsewhere(FOUR)
    assert not is_started_elsewhere(ONE)
