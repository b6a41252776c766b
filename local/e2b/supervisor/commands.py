"""Commands: spawned in their own session, reaped by one thread, streamed over the connection that asked for them."""

import os
import signal
import subprocess
import threading

from filesystem import FileError
from wire import Connection

CHUNK = 32 * 1024


class Commands:
    """Every child of this process; `waitpid(-1)` also takes the orphans that the jail hands to PID 1."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._alive: set[int] = set()
        self._statuses: dict[int, int] = {}
        threading.Thread(target=self._reap, daemon=True).start()

    def run(self, connection: Connection, request: dict) -> None:
        """Frames: S, then o and e as they come, X once it exited and every holder of its pipes closed them."""
        process = self._spawn(request)
        connection.send_json("S", {"pid": process.pid})
        if request["stdin"]:
            threading.Thread(target=_feed, args=(connection, process), daemon=True).start()
        readers = [
            threading.Thread(target=_pump, args=(connection, letter, pipe), daemon=True)
            for letter, pipe in (("o", process.stdout), ("e", process.stderr))
        ]
        for reader in readers:
            reader.start()
        status = self._wait(process.pid)
        process.returncode = 0  # reaped here: keeps Popen from waiting for a pid that may be another's by now
        for reader in readers:
            reader.join()
        connection.try_send_json("X", _outcome(status))

    def signal(self, pid: int, name: str) -> None:
        """To this one process, not to its children."""
        with self._changed:
            if pid not in self._alive:
                raise FileError("not_found", f"process with pid {pid} not found")
            os.kill(pid, getattr(signal, name))

    def kill_all(self) -> int:
        """SIGKILL to the session of every command; the number of commands."""
        with self._changed:
            for pid in self._alive:
                try:
                    os.killpg(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            return len(self._alive)

    def _spawn(self, request: dict) -> subprocess.Popen:
        if not os.path.isdir(request["cwd"]):
            raise FileError("invalid_argument", f"cwd '{request['cwd']}' does not exist")
        argv = [request["cmd"], *request["args"]]
        try:
            return self._popen(argv, request)
        except (FileNotFoundError, PermissionError):
            # envd starts commands through a shell, so a missing one is a process that exits with 127
            return self._popen(["/bin/sh", "-c", 'echo "$0: command not found" >&2; exit 127', request["cmd"]], request)

    def _popen(self, argv: list[str], request: dict) -> subprocess.Popen:
        with self._changed:
            process = subprocess.Popen(
                argv,
                env=request["env"],
                cwd=request["cwd"],
                stdin=subprocess.PIPE if request["stdin"] else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
            self._alive.add(process.pid)
            self._changed.notify_all()
            return process

    def _wait(self, pid: int) -> int:
        with self._changed:
            self._changed.wait_for(lambda: pid in self._statuses)
            return self._statuses.pop(pid)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, 0)
            except ChildProcessError:
                with self._changed:
                    self._changed.wait_for(lambda: bool(self._alive))
                continue
            with self._changed:
                if pid in self._alive:
                    self._alive.discard(pid)
                    self._statuses[pid] = status
                    self._changed.notify_all()


def _pump(connection: Connection, letter: str, pipe: object) -> None:
    """Goes on reading when the server no longer listens, so that the command never blocks on its output."""
    listening = True
    with pipe:
        while data := pipe.read(CHUNK):
            if not listening:
                continue
            try:
                connection.send(letter, data)
            except OSError:
                listening = False


def _feed(connection: Connection, process: subprocess.Popen) -> None:
    """Standard input from i frames until c; a server that goes away leaves it open, as a dropped client does."""
    while True:
        letter, payload = connection.receive()
        if letter != "i":
            break
        try:
            process.stdin.write(payload)
        except OSError:
            return
    if letter == "c":
        process.stdin.close()


def _outcome(status: int) -> dict:
    if os.WIFSIGNALED(status):
        return {"signal": signal.Signals(os.WTERMSIG(status)).name}
    return {"code": os.WEXITSTATUS(status)}
