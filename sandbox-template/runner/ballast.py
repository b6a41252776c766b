"""Disk space kept back, so that a run that filled the disk can still write down how it ended."""

from __future__ import annotations

import os

from .layout import Layout

BALLAST_BYTES = 32 * 1024 * 1024
"""Room for the patch in git's objects and in diff.patch, the trajectory (10 MB at most) and the small files."""


def load_ballast(layout: Layout) -> None:
    """Takes the space; a system that cannot give it at once goes without."""
    try:
        with layout.ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, BALLAST_BYTES)
    except (OSError, AttributeError):
        # AttributeError: macOS has no posix_fallocate.
        drop_ballast(layout)


def drop_ballast(layout: Layout) -> None:
    layout.ballast.unlink(missing_ok=True)
