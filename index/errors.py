"""What can go wrong in the index. Every message names the value and the next step.

An error is raised with the name of its sentence in ``prompts/{id,en}/errors.toml`` and the values
in it: ``raise MissingIndexError("no_index", index=index)``.
"""

from prompts import MessageError


class IndexFolderError(MessageError):
    """The index folder cannot be used as asked."""


class MissingIndexError(IndexFolderError):
    """There is no index in the folder."""


class IncompatibleIndexError(IndexFolderError):
    """The index was built with another encoder or format."""


class DamagedIndexError(IndexFolderError):
    """Files of the index are missing or broken."""


class LockedIndexError(IndexFolderError):
    """Another run is writing the index."""


class RejectedFileError(MessageError):
    """A file cannot become articles; the message is the reason shown to the user."""


class FieldNameError(MessageError, ValueError):
    """Columns were named for a field that articles do not have."""


class ForkedError(MessageError, RuntimeError):
    """The process is a copy of the one that opened the index, without its engines' threads."""
