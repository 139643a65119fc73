"""Which device computes, in which precision, and how the process is prepared for it."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import logging
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import torch

Precision = Literal["auto", "float32", "bf16", "float16"]
log = logging.getLogger(__name__)

# mallopt's parameters, from glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4


def get_device(prefer_cuda: bool = True) -> torch.device:
    """Return the best device there is: CUDA, then MPS, then the CPU.

    Parameters
    ----------
    prefer_cuda
        False takes MPS before CUDA.
    """
    is_there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    order = ("cuda", "mps", "cpu") if prefer_cuda else ("mps", "cuda", "cpu")
    return torch.device(next(name for name in order if is_there[name]))


def choose_precision(wanted: Precision, device_type: str) -> Literal["float32", "bf16", "float16"]:
    """Return the precision to compute in; ``auto`` takes bf16 only where the processor gains by it.

    On a CPU that is where it has AMX: with AVX512 alone bf16 was measured slower than float32 on small networks
    (``docs/experiments.md``).
    """
    if wanted != "auto":
        return wanted
    if device_type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    return "bf16" if device_type == "cpu" and _has_amx_bf16() else "float32"


def _has_amx_bf16() -> bool:
    try:
        return "amx_bf16" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


@functools.cache
def prepare_process() -> None:
    """Flush denormal numbers to zero and let the C allocator keep its buffers; once a process, before heavy work.

    Denormals in Adam's moments doubled the time of a step after 800 steps; freed and re-mapped buffers took three
    quarters of another network's step (``docs/experiments.md``). The allocator's setting is glibc's alone and costs
    memory: what was freed stays with the process.
    """
    torch.set_flush_denormal(True)
    if platform.libc_ver()[0] != "glibc":
        return
    libc = ctypes.CDLL(None)
    if libc.mallopt(_M_MMAP_MAX, 0) and libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1):
        log.debug("allocator: buffers are kept (glibc mallopt)")


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Let every operation of PyTorch compute in one thread while the block runs."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
