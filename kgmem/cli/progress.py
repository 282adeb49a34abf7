"""A progress bar on standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

if TYPE_CHECKING:
    from kgmem.ingest import job


class _Rate(ProgressColumn):
    """Turns per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f} turns/s", style="progress.data.speed")


@contextmanager
def shown_progress() -> "Iterator[Callable[[job.Progress], None]]":
    """A bar that a job moves; nothing where standard error is not a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("turns, session {task.fields[session]}"),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("reading", total=None, session="")

        def moved(progress: "job.Progress") -> None:
            bar.update(
                task,
                description=progress.group or "reading",
                completed=progress.turns,
                total=progress.all_turns,
                session=f"{progress.sessions} of {progress.all_sessions}",
            )

        yield moved
