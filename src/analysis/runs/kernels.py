"""Kernels for runs: quiet, without ports, and on Linux warm.

A Python kernel needs seconds to import what every chapter imports. On Linux one process imports it once, and each
kernel is a copy of that process (a fork), a new one for each notebook: what a notebook does, no other sees.
"""

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from analysis.runs.workers import end_with_parent

WARM = sys.platform == "linux"  # elsewhere a process with these packages cannot safely be copied
IMPORTED = [
    "ipykernel.kernelapp",
    "analysis.claims.argument_map",
    "analysis.measures.counterparts",
    "analysis.signals.dual_track",
    "analysis.measures.keyness",
    "analysis.claims.ledger",
    "analysis.measures.pair",
    "analysis.measures.series",
    "analysis.charts",
    "analysis.charts.show",
    "pyarrow.parquet",
]


@contextmanager
def quiet_kernels() -> Iterator[Path]:
    """A scratch folder for kernels: their profile, so that no user's start-up file takes part, and their sockets."""
    before = os.environ.get("IPYTHONDIR")
    with tempfile.TemporaryDirectory(prefix="balancing-act-") as folder:
        os.environ["IPYTHONDIR"] = folder
        try:
            yield Path(folder)
        finally:
            if before is None:
                del os.environ["IPYTHONDIR"]
            else:
                os.environ["IPYTHONDIR"] = before


def _be_kernel(arguments: Sequence[str], folder: str | None, environment: Mapping[str, str]) -> None:
    """What a copy of the warm process does: it becomes a kernel, in a session of its own as kernels are."""
    from ipykernel.kernelapp import launch_new_instance

    end_with_parent()
    os.setsid()
    if folder is not None:
        os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["ipykernel_launcher", *arguments]
    launch_new_instance()


class _Copy:
    """A copy of the warm process, with the methods of subprocess.Popen that Jupyter uses."""

    stdin = stdout = stderr = None

    def __init__(self, arguments: Sequence[str], folder: str | None, environment: Mapping[str, str]) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(IMPORTED)
        self._process = context.Process(target=_be_kernel, args=(arguments, folder, dict(environment)), daemon=True)
        self._process.start()
        self.pid = self._process.pid or 0

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()

    def terminate(self) -> None:
        self._process.terminate()


class WarmProvisioner(LocalProvisioner):
    """Starts a kernel as a copy of the warm process instead of a new one."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """The connection of a new kernel; cmd is the command that would have started it."""
        process: Any = _Copy(cmd[cmd.index("-f") :], kwargs.get("cwd"), kwargs["env"])
        self.process, self.pid = process, process.pid
        return self.connection_info


def manager_class(sockets: Path) -> type[AsyncKernelManager]:
    """The class of kernel managers for one notebook; sockets is the beginning of the names of its sockets."""

    class RunKernelManager(AsyncKernelManager):
        """Talks to the kernel through files: parallel kernels on TCP now and then take each other's port."""

        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            if os.name == "posix":
                self.transport, self.ip = "ipc", str(sockets)

        async def _async_pre_start_kernel(self, **settings: Any) -> Any:
            if WARM and self.provisioner is None:
                self.provisioner = WarmProvisioner(kernel_id="", kernel_spec=self.kernel_spec, parent=self)
            return await super()._async_pre_start_kernel(**settings)

    return RunKernelManager
