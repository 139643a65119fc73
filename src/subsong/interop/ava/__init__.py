"""AVA's calls under their old names, on Subsong's engine.

In a script, ``from ava.models.vae import VAE`` becomes ``from subsong.interop.ava.models.vae import VAE``, and
``ava.models.vae_dataset``, ``ava.data``, ``ava.preprocessing`` and ``ava.segmenting`` likewise. Files of spectrograms,
segments, checkpoints and projections written by AVA are read, and those written here are read by AVA.
"""
