"""A store of annotated song, shown before a network is trained on it: stretches of sound with their targets.

`stretches` chooses and reads them, `figures` draws one, `page` puts them on a page with what is worrying.
"""
