"""Which device, which precision, and the preparation of the process."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import pytest
import torch

from subsong.core import devices
from subsong.core.devices import choose_precision, get_device, one_thread


@pytest.mark.parametrize(
    ("cuda", "mps", "prefer_cuda", "device"),
    [
        (True, True, True, "cuda"),
        (True, True, False, "mps"),
        (True, False, False, "cuda"),
        (False, True, True, "mps"),
        (False, False, True, "cpu"),
    ],
)
def test_the_best_device_is_taken(monkeypatch, cuda, mps, prefer_cuda, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert get_device(prefer_cuda) == torch.device(device)


def test_cuda_is_preferred_by_default(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert get_device().type == "cuda"


@pytest.mark.parametrize("wanted", ["float32", "bf16", "float16"])
def test_a_precision_asked_for_is_taken(wanted):
    assert choose_precision(wanted, "cpu") == wanted


@pytest.mark.parametrize(
    ("device", "gains", "precision"),
    [
        ("cpu", True, "bf16"),
        ("cpu", False, "float32"),
        ("cuda", True, "bf16"),
        ("cuda", False, "float32"),
        ("mps", True, "float32"),
    ],
)
def test_auto_takes_bf16_only_where_the_processor_gains(monkeypatch, device, gains, precision):
    monkeypatch.setattr(devices, "_has_amx_bf16", lambda: gains)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: gains)
    assert choose_precision("auto", device) == precision


def test_a_prepared_process_flushes_denormals_and_still_computes():
    # In a process of its own: the setting stays, and would change the numbers of other tests.
    code = """
import torch
from subsong.core.devices import prepare_process, one_thread
prepare_process()
prepare_process()
assert float(torch.tensor([1e-40]) * 1.0) == 0.0
assert float(torch.ones(1_000_000).sum()) == 1_000_000
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_one_thread_lasts_as_long_as_the_block() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    with contextlib.suppress(KeyError), one_thread():
        inside = torch.get_num_threads()
        raise KeyError
    after = torch.get_num_threads()
    torch.set_num_threads(before)
    assert (inside, after) == (1, 2)
