"""Recordings of any format, rate and number of channels -> samples in units of full scale.

`formats` tells the formats apart and opens them: `sound_files` what libsndfile decodes, `evtaf` and `arrays` the rest,
all through `frames`. `reader` reads one channel or all, whole or in parts; `find` lists the recordings of a folder.
`audit` says what is wrong with a recording (`levels`, `truncation`), `audit_table` with many. `write` writes wav and
flac; `resampling` changes the rate, and `rates` reads recordings of several at one.
"""

from subsong.sources.audio.audit import AudioAudit, AuditOptions, Finding, audit_audio
from subsong.sources.audio.audit_table import audit_recordings, build_audit_table
from subsong.sources.audio.find import find_audio
from subsong.sources.audio.formats import AUDIO_SUFFIXES
from subsong.sources.audio.info import AudioInfo
from subsong.sources.audio.reader import (
    Audio,
    AudioReader,
    Channel,
    OpenedChannel,
    open_audio,
    read_audio,
    read_audio_info,
)
from subsong.sources.audio.write import write_audio

__all__ = [
    "AUDIO_SUFFIXES",
    "Audio",
    "AudioAudit",
    "AudioInfo",
    "AudioReader",
    "AuditOptions",
    "Channel",
    "Finding",
    "OpenedChannel",
    "audit_audio",
    "audit_recordings",
    "build_audit_table",
    "find_audio",
    "open_audio",
    "read_audio",
    "read_audio_info",
    "write_audio",
]
