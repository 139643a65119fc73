"""VUNet: pictures from pose and appearance (Esser, Sutter & Ommer 2018)."""
