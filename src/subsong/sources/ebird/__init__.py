"""eBird Basic Dataset files of every era, with their sampling events -> checklists.

`options` says what is kept; `files` finds the files, `headers` knows their columns, `blocks` streams their lines;
`lists`, `records` and `taxa` read them, `tables` gathers what they hold, `steps` and `collapse` filter and merge,
`read` puts it together.
"""

from subsong.sources.ebird.options import EbirdOptions
from subsong.sources.ebird.read import read_ebird, read_ebird_header

__all__ = ["EbirdOptions", "read_ebird", "read_ebird_header"]
