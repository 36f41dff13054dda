"""The page on teaching: the command of an exercise, results of its run in the text, and solutions that are folded."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from sphinx.util.docutils import SphinxDirective, SphinxRole

from analysis.book.entries import folded
from analysis.book.roles import named_text
from analysis.runs import exercises

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class ExerciseRole(SphinxRole):
    """{exercise}`name.result` gives the text of a result of the run of an exercise; an unknown one is a warning."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The text as a plain text node."""
        file = Path(self.env.srcdir, "book", "exercises.json")
        self.env.note_dependency(str(file))
        kept = exercises.read_answers(file)
        texts = {f"{name}.{result}": text for name, results in kept.items() for result, text in results.items()}
        return named_text(self, texts, "result of an exercise")


class ExerciseCommand(SphinxDirective):
    """```{exercise-command} name becomes the command that does an exercise."""

    required_arguments: ClassVar[int] = 1
    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """The block of code."""
        file = Path(self.env.srcdir, "book", "exercises.yml")
        self.env.note_dependency(str(file))
        known = exercises.read(file)
        [name] = self.arguments
        if name not in known:
            raise self.error(f"there is no exercise “{name}”; known: {', '.join(known)}")
        command = known[name].command
        return [nodes.literal_block(command, command, language="sh")]


class Solution(SphinxDirective):
    """```{solution} folds what stands in it; in the PDF it stands open."""

    has_content: ClassVar[bool] = True

    def run(self) -> list[nodes.Node]:
        """The fold."""
        holder = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, holder)
        return [folded("Solution", *holder.children)]


def setup(app: "Sphinx") -> dict[str, bool]:
    """Register with Sphinx."""
    app.setup_extension("analysis.book.entries")
    app.add_role("exercise", ExerciseRole())
    app.add_directive("exercise-command", ExerciseCommand)
    app.add_directive("solution", Solution)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
