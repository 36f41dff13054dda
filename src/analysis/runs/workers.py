"""Where work is done: in this process, in processes beside it, or on a Dask cluster. The work does not know where."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from analysis.core.errors import ParameterError, RunError

LOCAL = "local"  # instead of an address: a cluster of this machine
PATIENCE = 10  # seconds for a scheduler to answer


class ThisProcess(Executor):
    """Does the work when it is submitted, or when the next result of a map is asked for."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Call the function now. An interruption is raised here, not kept."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future

    def map(self, fn: Callable[..., Any], *iterables: Any, **_: Any) -> Iterator[Any]:
        """Return the results one by one, each computed when it is asked for."""
        return map(fn, *iterables)


def _start_worker() -> None:
    """Leave Ctrl-C to the parent, and end when it is gone, however it went."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _processes(workers: int) -> Iterator[Executor]:
    """Open processes that are started anew, not forked, so that they are the same on every system."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)
    try:
        yield pool
    except BaseException:
        for child in multiprocessing.active_children():
            child.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _dask(scheduler: str, workers: int) -> Iterator[Executor]:
    try:
        import distributed as dask
    except ImportError:
        raise RunError(
            "Dask is not installed: pip install 'balancing-act[scale]', or from the lock: make setup"
        ) from None
    here = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
    there = {"address": scheduler, "timeout": PATIENCE}
    try:
        client: Any = dask.Client(**(here if scheduler == LOCAL else there))  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise RunError(f"no Dask scheduler answers at {scheduler} ({type(error).__name__})") from None
    with client:
        yield client.get_executor(pure=False)


@contextmanager
def open_pool(workers: int, scheduler: str | None = None) -> Iterator[Executor]:
    """Open the place where work is done: Dask where a scheduler is named, else so many processes, or this one for 1.

    Raises ParameterError for an impossible number of workers, RunError where Dask is not installed or does not answer.
    """
    if not 1 <= workers <= 1000:
        raise ParameterError(f"--workers: {workers}; allowed: 1 to 1000")
    with _dask(scheduler, workers) if scheduler else ThisProcess() if workers == 1 else _processes(workers) as pool:
        yield pool


def default_workers() -> int:
    """Return as many workers as this process may use processors."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
