"""Stages a whole work tree in an index of the runner's own."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from .git_tree import GitFailed, GitTree

LARGE_BYTES = 100 * 1024 * 1024
"""GitHub refuses larger files (docs.github.com, "About large files on GitHub")."""
LARGE_ON_A_FULL_DISK_BYTES = 1024 * 1024


@dataclass
class LeftOut:
    """Paths of the tree that cannot become part of a patch: repositories inside it, and large new files."""

    nested: list[str] = field(default_factory=list)
    large: list[str] = field(default_factory=list)


def stage_all(tree: GitTree) -> LeftOut:
    """Everything that is not ignored; a second try copes with what stops `git add` altogether: a repository inside the
    tree that has no commit, and a full disk."""
    # An agent that removed its whole tree has deleted every file; git needs the folder to say so.
    tree.work_tree.mkdir(exist_ok=True)
    tree.use_checkout_index()
    left_out = LeftOut(large=_large_files(tree, LARGE_BYTES))
    try:
        _add(tree, left_out.large)
    except GitFailed as error:
        left_out.nested = _nested_repositories(tree.work_tree)
        if "No space left" in str(error):
            _forget_objects(tree)
            tree.use_checkout_index()
            left_out.large = _large_files(tree, LARGE_ON_A_FULL_DISK_BYTES)
        elif not left_out.nested:
            raise
        _add(tree, left_out.large + left_out.nested)
    return left_out


def _forget_objects(tree: GitTree) -> None:
    """What the first try wrote of the large files is in the way of the small ones."""
    try:
        tree.run("prune", "--expire=now")
    except GitFailed as error:
        # Of a shallow clone git 2.39 prunes the objects, and then stumbles over its own list of shallow commits.
        if "shallow file has changed" not in str(error):
            raise


def _add(tree: GitTree, without: list[str]) -> None:
    tree.run("add", "-A", "--", ".", *(f":(exclude,top,literal){path}" for path in without))


def _large_files(tree: GitTree, over: int) -> list[str]:
    new = tree.paths("ls-files", "--others", "--exclude-standard", "-z")
    return [path.decode("utf-8", "surrogateescape") for path in new if _size(os.path.join(os.fsencode(tree.work_tree), path)) > over]


def _size(path: bytes) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:
        # Gone by now, or a folder that cannot be read: `git add` has its own words for that.
        return 0


def _nested_repositories(root: Path) -> list[str]:
    found = []
    for folder, names, files in os.walk(root):
        if folder != str(root) and (".git" in names or ".git" in files):
            found.append(os.path.relpath(folder, root))
            names.clear()
        names[:] = [name for name in names if name not in (".git", "node_modules")]
    return found
