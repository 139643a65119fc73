"""How the report of a VAE of sound shows its examples: as spectrograms."""

from __future__ import annotations

from subsong.reports.picture_vae import Look
from subsong.reports.spectrogram_figures import colour_spectrograms


def look_at_spectrograms(item_name: str) -> Look:
    """Return how spectrograms of something, such as ``syllable``, are shown and counted."""
    return Look("Spectrograms", f"{item_name}s", f"nats per {item_name}", colour_spectrograms)
