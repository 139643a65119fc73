"""What is wrong with a recording, before anything is computed from it: one line a finding."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.sources.audio.formats import open_frames
from subsong.sources.audio.info import AudioInfo
from subsong.sources.audio.levels import AudioLevels, measure_levels
from subsong.sources.audio.reader import Channel, check_channel
from subsong.sources.audio.truncation import describe_truncation

# Floats this far beyond full scale are raw integers that were saved as floats.
_RAW_NUMBERS_PEAK = 16.0
AuditedChannel = Channel | Literal["all"]

FindingKind = Literal[
    "unreadable", "truncated", "empty", "too short", "sample rate", "channels", "not finite", "silent", "clipped",
    "raw numbers", "dc offset",
]  # fmt: skip


class AuditOptions(ConfigBase):
    """What a recording must be like to be used."""

    min_duration_s: float = Field(0.01, ge=0, description="A shorter recording is of no use.")
    sample_rate_hz: int | None = Field(
        None, gt=0, description="The rate every recording should have, and that of .npy files; null: any."
    )
    silence_db: float = Field(
        -80.0, le=0, description="Half the range of the samples below which a recording is silent, in dB of full scale."
    )
    max_clipped_share: float = Field(
        0.001, ge=0, le=1, description="Share of the samples at full scale above which a recording counts as clipped."
    )
    max_dc_offset: float = Field(0.05, ge=0, description="Mean above which an offset is reported; 1 is full scale.")
    mode: Literal["strict", "lenient"] = Field(
        "lenient", description="strict: an unusable recording is an error; lenient: it is listed and left out."
    )


class Finding(NamedTuple):
    """One thing that is wrong with a recording.

    Attributes
    ----------
    kind
        In one or two words.
    message
        In one line, without the recording's name.
    fatal
        Whether the recording cannot be used as it is.
    """

    kind: FindingKind
    message: str
    fatal: bool


class AudioAudit(NamedTuple):
    """What is known of a recording after its audit.

    Attributes
    ----------
    path
        Its file.
    info
        What it says of itself; None when it cannot be opened.
    levels
        How loud it is; None when it cannot be decoded to its end or holds no samples.
    findings
        What is wrong with it, the fatal ones first.
    """

    path: Path
    info: AudioInfo | None
    levels: AudioLevels | None
    findings: tuple[Finding, ...]

    @property
    def is_usable(self) -> bool:
        """Whether no finding is fatal."""
        return not any(finding.fatal for finding in self.findings)


def audit_audio(path: str | Path, options: AuditOptions | None = None, channel: AuditedChannel = None) -> AudioAudit:
    """Read a recording from start to end and say what is wrong with it; memory does not grow with its length.

    Parameters
    ----------
    path
        The file. One that cannot be read is a finding, not an error.
    options
        What it must be like; None for the defaults.
    channel
        The channel that will be used, as for `open_audio`. With None, all are measured, and a recording of several
        is not usable; with ``"all"`` it is.
    """
    path, options = Path(path).expanduser(), options or AuditOptions()
    try:
        # Only .npy files need to be told: the others are to be compared with the rate they should have.
        frames = open_frames(path, options.sample_rate_hz if path.suffix.lower() == ".npy" else None)
    except SubsongError as error:
        return AudioAudit(path, None, None, (Finding("unreadable", _without_name(error, path), True),))
    levels, findings = None, list(_check_info(frames.info, options, channel))
    try:
        # A channel that is not there is a finding already; the others are measured in its place.
        missing = any(finding.kind == "channels" for finding in findings)
        levels = measure_levels(frames, None if missing or channel == "all" else channel)
        findings += _check_levels(frames.info, levels, options)
    except SubsongError as error:
        findings.append(Finding("truncated", _without_name(error, path), True))
    finally:
        frames.close()
    if frames.info.num_samples == 0:
        levels = None
    return AudioAudit(path, frames.info, levels, tuple(sorted(findings, key=lambda finding: not finding.fatal)))


def _without_name(error: SubsongError, path: Path) -> str:
    return " ".join(str(error).removeprefix(f"{path} ").split())


def _check_info(info: AudioInfo, options: AuditOptions, channel: AuditedChannel) -> Iterator[Finding]:
    """Yield what is wrong with the shape of a recording."""
    missing = describe_truncation(info.path)
    if missing is not None:
        yield Finding("truncated", f"{missing}: it is cut short; copy it again", True)
    if info.num_samples == 0:
        yield Finding("empty", "holds no samples, only a header", True)
    elif info.duration_s < options.min_duration_s:
        yield Finding("too short", f"{info.duration_s:g} s, below min_duration_s = {options.min_duration_s:g}", True)
    if options.sample_rate_hz not in (None, info.sample_rate_hz):
        yield Finding("sample rate", f"{info.sample_rate_hz} Hz, expected {options.sample_rate_hz} Hz", True)
    try:
        if channel != "all":
            check_channel(info, channel)
    except SubsongError as error:
        yield Finding("channels", _without_name(error, info.path), True)


def _check_levels(info: AudioInfo, levels: AudioLevels, options: AuditOptions) -> Iterator[Finding]:
    """Yield what is wrong with the samples of a recording."""
    if info.num_samples == 0:
        return
    if levels.num_nonfinite:
        yield Finding("not finite", f"{levels.num_nonfinite} samples are NaN or infinite", True)
    if levels.half_range <= 10 ** (options.silence_db / 20):
        yield Finding("silent", f"no sample is louder than silence_db = {options.silence_db:g}", True)
    if levels.peak > _RAW_NUMBERS_PEAK:
        message = (
            f"peak of {levels.peak:.6g} times full scale: raw integers saved as floats? divide by their full scale"
        )
        yield Finding("raw numbers", message, False)
    elif levels.share_clipped > options.max_clipped_share:
        yield Finding("clipped", f"{levels.share_clipped:.2%} of the samples are at full scale", False)
    if abs(levels.mean) > options.max_dc_offset * max(1.0, levels.peak):
        yield Finding("dc offset", f"the mean is {levels.mean:+.3g} of full scale", False)
