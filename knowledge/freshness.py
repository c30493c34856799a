"""After how long what a Source said must be looked at again."""

from __future__ import annotations

from datetime import timedelta

from knowledge.model import SourceKind

OLD_AFTER = timedelta(days=365)
"""From here on, readers are told that a Fact is old."""

# All are shorter than OLD_AFTER, so that an editor is asked before a reader is warned.
LOOK_AGAIN_AFTER = {
    # A law changes by another law, announced months ahead (`changes` says so when it is known).
    SourceKind.LAW: timedelta(days=300),
    # A ministry rewrites a portal page in place, without notice, several times a year.
    SourceKind.PORTAL: timedelta(days=180),
    # Notices and guides on an office's own site are replaced as quietly.
    SourceKind.AUTHORITY: timedelta(days=180),
    # Provincial councils, which set the local fees, meet in summer and in winter.
    SourceKind.LOCAL_RULE: timedelta(days=180),
    # A newspaper does not correct last season's article when the rule changes.
    SourceKind.PRESS: timedelta(days=120),
    # The copy of a law that nobody compared with the original ages faster than the law.
    SourceKind.COPY: timedelta(days=180),
    # Our own advice rests on no outside fact, but apps and tricks change.
    SourceKind.EDITORS: timedelta(days=300),
}
"""From here on, `binhdan kb check` asks an editor to look at a Fact again."""
