"""Git as the runner uses it: on the pristine copy of `.git`, so that whatever the agent wrote into its own `.git` (config,
hooks, fsmonitor, filters, excludes) is inert, and with no configuration of the machine or the user."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from .layout import Layout
from .processes import Processes, kill_group

GIT_SECONDS = 120.0


class GitFailed(Exception):
    def __init__(self, argv: list[str], stderr: str) -> None:
        super().__init__(f"git {argv[0]}: {stderr.strip()[-2_000:]}")
        self.stderr = stderr


class GitTree:
    """One work tree with its own index. Several may share the pristine git dir."""

    def __init__(self, layout: Layout, processes: Processes, *, work_tree: Path, index: Path) -> None:
        self.work_tree = work_tree
        self.git_dir = layout.git_dir
        self._index = index
        self._processes = processes
        home = str(layout.private / "home")
        # HOME too: git reads ~/.config/git/ignore and attributes whatever GIT_CONFIG_GLOBAL says.
        self._env = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": home,
            "XDG_CONFIG_HOME": home,
            "LC_ALL": "C",
            "GIT_DIR": str(layout.git_dir),
            "GIT_WORK_TREE": str(work_tree),
            "GIT_INDEX_FILE": str(index),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_NO_REPLACE_OBJECTS": "1",
        }

    def use_checkout_index(self) -> None:
        """Starts from the index of the first checkout: its stat data spares hashing every unchanged file again."""
        Path(f"{self._index}.lock").unlink(missing_ok=True)
        # With its mtime: git compares content again for files that changed in the same second as the index.
        shutil.copy2(self.git_dir / "index", self._index)

    def run(self, *argv: str, stdin: bytes | None = None, seconds: float = GIT_SECONDS) -> bytes:
        child = self._processes.start(
            ["git", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false", *argv],
            own=True,
            cwd=self.work_tree if self.work_tree.is_dir() else self.git_dir,
            env=self._env,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            out, err = child.communicate(stdin, timeout=seconds)
        except subprocess.TimeoutExpired:
            kill_group(child.pid)
            child.communicate()
            raise GitFailed(list(argv), f"took longer than {seconds:.0f} s") from None
        finally:
            self._processes.ended(child)
        if child.returncode != 0:
            raise GitFailed(list(argv), err.decode("utf-8", "replace"))
        return out

    def paths(self, *argv: str) -> list[bytes]:
        """Output of a `-z` listing."""
        return [path for path in self.run(*argv).split(b"\0") if path]
