"""Stages a whole work tree in an index of the runner's own."""

from __future__ import annotations

import os
from pathlib import Path

from .git_tree import GitFailed, GitTree


def stage_all(tree: GitTree) -> list[str]:
    """Everything that is not ignored; returns the repositories inside the tree that had to be left out: one without any
    commit stops `git add` altogether."""
    # An agent that removed its whole tree has deleted every file; git needs the folder to say so.
    tree.work_tree.mkdir(exist_ok=True)
    tree.use_checkout_index()
    try:
        tree.run("add", "-A", "--", ".")
        return []
    except GitFailed:
        nested = _nested_repositories(tree.work_tree)
        if not nested:
            raise
        tree.run("add", "-A", "--", ".", *(f":(exclude,top,literal){path}" for path in nested))
        return nested


def _nested_repositories(root: Path) -> list[str]:
    found = []
    for folder, names, files in os.walk(root):
        if folder != str(root) and (".git" in names or ".git" in files):
            found.append(os.path.relpath(folder, root))
            names.clear()
        names[:] = [name for name in names if name not in (".git", "node_modules")]
    return found
