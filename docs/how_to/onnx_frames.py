"""Which class is the most probable in each frame of a recording: NumPy and onnxruntime alone.

Usage: python onnx_frames.py model.onnx recording.wav
"""

import json
import sys
import wave

import numpy as np
import onnxruntime


def read_wav(path, sample_rate_hz):
    """Return the first channel of a 16-bit WAV file in units of full scale."""
    with wave.open(path, "rb") as file:
        if file.getsampwidth() != 2 or file.getframerate() != sample_rate_hz:
            sys.exit(f"{path}: expected 16-bit samples at {sample_rate_hz} Hz, resample it first")
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return samples[:: file.getnchannels()].astype(np.float32) / 32768


def name_frames(session, samples):
    """Return the most probable class of each frame, and the seconds of the frames."""
    about = json.loads(session.get_modelmeta().custom_metadata_map["subsong"])
    frames, classes = about["frames"], about["preprocessing"]["classes"]
    # Frame 0 is centred on the first sample: half a window of silence on either side.
    half = frames["window_size"] // 2
    padded = np.pad(samples, (half, frames["window_size"] - half))
    probabilities, _ = session.run(None, {"samples": padded})
    nothing = np.full((len(probabilities), 1), 0.5)
    segments = [column for column, one in enumerate(classes) if one["kind"] == "segment"]
    if segments and not about["overlap"]:
        # Segments that exclude each other share 1 with nothing.
        nothing = 1 - probabilities[:, segments].sum(axis=1, keepdims=True)
    names = np.array(["(nothing)", *(one["name"] for one in classes)])
    best = np.concatenate([nothing, probabilities], axis=1).argmax(axis=1)
    seconds = np.arange(len(best)) * frames["hop_size"] / frames["sample_rate_hz"]
    return names[best], seconds


def main(model, recording):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    about = json.loads(session.get_modelmeta().custom_metadata_map["subsong"])
    names, seconds = name_frames(session, read_wav(recording, about["frames"]["sample_rate_hz"]))
    starts = np.flatnonzero(np.concatenate([[True], names[1:] != names[:-1]]))
    for start, stop in zip(starts, [*starts[1:], len(names)], strict=True):
        print(f"{seconds[start]:8.3f} s  {stop - start:5d} frames  {names[start]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
