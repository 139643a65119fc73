"""Made-up song whose truth is known to the sample: who sang which syllable when, how fast, and on which day.

`syllables` draws and renders sounds, `birds` gives each individual its repertoire and grammar, `warps` its tempo,
`surroundings` noise and echo; `make` puts a song together and `files` writes whole colonies.
"""

from subsong.synthesis.song.birds import Bird, make_bird
from subsong.synthesis.song.files import make_songs, write_songs
from subsong.synthesis.song.make import Song, make_song
from subsong.synthesis.song.options import SongOptions

__all__ = ["Bird", "Song", "SongOptions", "make_bird", "make_song", "make_songs", "write_songs"]
