"""The sound of a project in the browser: spectrogram and waveform at any zoom, playback, small pictures.

`routes` answers, `queries` says what may be asked, `sounds` keeps recordings open and `decoded` those that can only be
decoded from their start. A spectrogram tile is `grid` (which samples a column stands for), `frames` (which stretches of
them are looked at), `bands` (which frequencies a row stands for), `columns` (the three together), `grey`, `tiles` and
`png`. From far away it is made of `peaks` (what stands in their file), which `peak_columns` computes, `peak_file`
keeps, `peak_building` has made in the background whenever there is calm, and `peak_tiles` draws. `clips` are coloured
from `colours`. `playback` is what one hears, `shifting` brings ultrasound into hearing, `wav` cuts the bytes a browser
asks for. `cache` remembers answers.
"""
