"""Annotated recordings -> a store of sound and intervals, which networks that annotate song are trained on.

`reading` says how. `gathering` finds recordings and annotations; `labels` turns labels into classes and `problems` says
what is wrong with rows. `splitting` divides the sound into train, validation and test: by groups (`stratifying` finds
the best balanced way) or within recordings (`cutting`). `labelling` says where annotations are complete. `building`
writes the store and `store` reads it. From it come `counting`: what is there, and what is worrying; and what networks
are trained on: `places` of a split, `chunks` of sound in them, `targets` of any frames, `augmenting` (`augmentations`
are its settings, `sound_effects` and `backgrounds` its means), and all of that in batches (`dataset`).
"""
