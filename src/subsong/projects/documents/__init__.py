"""The annotations of each recording, with all that was ever done to them.

`annotation` and `document` are the records, `edits` what can be asked for; `applying`, `proposing`, `merging` and
`stretches` say what becomes of it: pure functions. `tables` turns annotations into tables and files and back.
`originals` finds what was annotated elsewhere, and `beginning` makes the document of a recording that nobody touched.
`journal` is the file that nothing is ever taken out of, `history` what it adds up to, `checkpoints` makes that fast;
`places` says where files lie, `opened` is a document that somebody holds, `kept` those used last. `store` joins all of
it, `changes` is what it answers, and `training` says which annotations a network may learn from.
"""

from subsong.projects.documents.annotation import Annotation
from subsong.projects.documents.changes import Change, StaleRevisionError
from subsong.projects.documents.document import Document
from subsong.projects.documents.store import DocumentStore
from subsong.projects.documents.training import Collected, collect_annotations

__all__ = [
    "Annotation",
    "Change",
    "Collected",
    "Document",
    "DocumentStore",
    "StaleRevisionError",
    "collect_annotations",
]
