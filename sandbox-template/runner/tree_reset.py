"""Snapshots of a work tree, and the way back to one."""

from __future__ import annotations

from .git_tree import GitTree
from .staging import stage_all

Changes = dict[bytes, tuple[bytes, bytes]]
"""Path → mode and object id, of paths that differ from the base commit."""


def snapshot(tree: GitTree) -> str:
    """The id of a tree object with everything that is not ignored."""
    stage_all(tree)
    return tree.run("write-tree").decode().strip()


def changes_since(tree: GitTree, base: str, snapshot_id: str) -> Changes:
    raw = tree.run("diff-tree", "-r", "--raw", "--no-abbrev", "-z", "--no-renames", base, snapshot_id).split(b"\0")
    changes: Changes = {}
    for meta, path in zip(raw[0::2], raw[1::2]):
        _, mode, _, object_id, _ = meta.lstrip(b":").split(b" ")
        changes[path] = (mode, object_id)
    return changes


def reset(tree: GitTree, tree_ish: str) -> None:
    """Ignored files stay (installed dependencies), everything else becomes this tree; unchanged files keep their mtime."""
    snapshot(tree)
    tree.run("read-tree", "--reset", "-u", tree_ish)
    tree.run("clean", "-ffdq")
