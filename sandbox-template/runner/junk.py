"""What an agent leaves behind that nobody wants in a patch. Looked at among added paths only: an edit of a tracked file
always counts, wherever it is."""

from __future__ import annotations

import re

_FOLDERS = re.compile(r"node_modules|\.venv|venv|__pycache__|\.(pytest|mypy|ruff)_cache|\.tox|\.nox|\.patchbay|dist|build|target|coverage|.+\.egg-info")
_FILES = {".DS_Store", "patch.txt", "diff.patch", ".coverage", "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"}
_ENDINGS = re.compile(r"\.(pyc|pyo|orig|rej|swp)$")


def is_junk(path: str, tracked_folders: set[str]) -> bool:
    """`tracked_folders`: every folder with a tracked file at the base commit, as `a`, `a/b`, …"""
    parts = path.split("/")
    for depth, folder in enumerate(parts[:-1], start=1):
        if _FOLDERS.fullmatch(folder) and "/".join(parts[:depth]) not in tracked_folders:
            return True
    return parts[-1] in _FILES or bool(_ENDINGS.search(parts[-1]))


def folders_of(paths: list[str]) -> set[str]:
    folders: set[str] = set()
    for path in paths:
        parts = path.split("/")[:-1]
        folders.update("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    return folders
