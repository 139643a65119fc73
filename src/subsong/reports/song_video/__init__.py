"""A video of a song: its spectrogram runs by, its window wanders over the latent map, and it is heard.

`timing` says which moment of the recording a frame shows, `sound` what is heard (`vocoder` divides pitch, `resampling`
brings it to the file's rate), `ribbon` paints the running spectrogram, `stage` the parts that stand still, `marker` the
point and its tail, `frames` puts them together, `encoding` makes an MP4 of it, and `video` is the one to call.
"""
