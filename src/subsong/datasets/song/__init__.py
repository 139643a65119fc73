"""Annotated recordings -> a store of sound and intervals, which networks that annotate song are trained on.

`reading` says how. `gathering` finds recordings and annotations; `labels` turns labels into classes and `problems` says
what is wrong with rows. `splitting` divides the sound into train, validation and test: by groups (`stratifying` finds
the best balanced way) or within recordings (`cutting`). `building` writes the store and `store` reads it. From it come
`targets` of any frames, `chunks` of sound to train on, and `counting`: what is there, and what is worrying.
"""
