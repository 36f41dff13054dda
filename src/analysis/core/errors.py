"""The errors that a user sees. The command prints their message alone, without a traceback."""


class ProjectError(Exception):
    """Something that the user can mend; the message says what and where."""


class DataError(ProjectError):
    """A table in data/ breaks the schema or a rule."""


class ParameterError(ProjectError):
    """A parameter of a notebook or command has a wrong name, type or value."""

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows of the error: its message alone. IPython asks for it."""
        return [f"{type(self).__name__}: {self}"]


class RunError(ProjectError):
    """A notebook failed while it was executed."""


class FetchError(ProjectError):
    """A document could not be fetched or read."""


class BuildError(ProjectError):
    """The HTML or PDF book could not be built; the last good one is untouched."""
