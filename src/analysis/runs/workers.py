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
SCHEMES = ("tcp://", "tls://", "ucx://", "ws://", "wss://")


class ThisProcess(Executor):
    """Does the work when it is submitted; a future of it is always done."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Call the function now. An interruption is raised here, not kept."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def end_with_parent() -> None:
    """Let this process end when the one that asked for it is gone, however it went."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _start_worker() -> None:
    """Leave Ctrl-C to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()


@contextmanager
def _processes(workers: int) -> Iterator[Executor]:
    """Processes that are started anew, not forked, so that they are the same on every system."""
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
        import distributed
    except ImportError:
        raise RunError(
            "Dask is not installed: pip install 'balancing-act[scale]', or from the lock: make setup"
        ) from None
    dask: Any = distributed
    if scheduler == LOCAL:
        cluster = dask.LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0")
        with cluster, dask.Client(cluster) as client:
            yield client.get_executor(pure=False)
        return
    if not scheduler.startswith(SCHEMES):
        raise ParameterError(f"--scheduler: “{scheduler}”; allowed: {LOCAL}, or an address such as tcp://HOST:8786")
    try:
        client = dask.Client(scheduler, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise RunError(f"no Dask scheduler answers at {scheduler} ({type(error).__name__})") from None
    with client:
        yield client.get_executor(pure=False)


@contextmanager
def open_pool(workers: int, scheduler: str | None = None) -> Iterator[Executor]:
    """Where work is done: on Dask where a scheduler is named, else in so many processes, or in this one for 1.

    Raises ParameterError for an impossible number of workers or address, RunError where Dask is not installed or does
    not answer.
    """
    if not 1 <= workers <= 1000:
        raise ParameterError(f"--workers: {workers}; allowed: 1 to 1000")
    if scheduler is not None:
        with _dask(scheduler, workers) as pool:
            yield pool
    elif workers == 1:
        with ThisProcess() as pool:
            yield pool
    else:
        with _processes(workers) as pool:
            yield pool


def default_workers() -> int:
    """As many workers as this process may use processors."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
