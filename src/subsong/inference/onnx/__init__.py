"""Trained models as ONNX files: how they are written, and how a segmenter among them annotates recordings.

`frames` is the spectrogram as a part of a graph, `graphs` what is exported, `writing` makes files of it, `metadata`
says what a file must know of itself, `session` opens a file with onnxruntime, `segmenter` annotates with it.
"""
