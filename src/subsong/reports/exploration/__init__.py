"""The parts of the page that says what a table of latent codes knows; `subsong.recipes.exploring` puts them together.

Each part computes, draws, and returns its figures with the tables behind them (parts.py): the map (space.py), labels
(labels.py), clusters (clusters.py), conditions compared (conditions.py) and acoustic features (features.py).
"""
