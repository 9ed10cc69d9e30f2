"""What can go wrong in the index. Every message names the value and the next step."""


class IndexFolderError(Exception):
    """The index folder cannot be used as asked."""


class MissingIndexError(IndexFolderError):
    """There is no index in the folder."""


class IncompatibleIndexError(IndexFolderError):
    """The index was built with another encoder or format."""


class DamagedIndexError(IndexFolderError):
    """Files of the index are missing or broken."""


class LockedIndexError(IndexFolderError):
    """Another run is writing the index."""


class RejectedFileError(Exception):
    """A file cannot become articles; the message is the reason shown to the user."""
