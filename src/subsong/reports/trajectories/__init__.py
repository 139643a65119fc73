"""The parts of the page on latent trajectories; `subsong.recipes.trajectories` puts them together.

Figures are in maps.py (paths over a map), traces.py (components over time, below the spectrogram) and variability.py
(variability along the motif); songs.py and motifs.py compute, draw, and return them with the tables behind them.
"""
