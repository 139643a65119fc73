"""The annotations of recordings over HTTP.

`queries` is what can be asked, `answers` how documents look as JSON. `editing` reads and changes documents, `bulk`
changes many at once; `exchange` brings in and takes out files of other programs, by `writing` and `reading`;
`threshold` proposes segments by amplitude; `proofreading` lists what deserves a look. `routes` joins them, and
`handlers` is what they share.
"""
