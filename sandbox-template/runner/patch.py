"""diff.patch: always from git, never from what the agent says, over everything in the tree since the base commit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from .git_tree import GitFailed, GitTree
from .junk import folders_of, is_junk
from .redaction import Redactor
from .staging import stage_all
from .tree_reset import Changes

MAX_BYTES = 5 * 1024 * 1024
MAX_NEW_BINARY = 1024 * 1024
_DIFF = ("diff", "--cached", "--no-color", "--no-ext-diff", "--no-textconv")
_GITLINK = b"160000"


@dataclass
class Patch:
    """`data` is what may leave: empty when nothing changed, or when it is blocked."""

    data: bytes = b""
    files: int = 0
    insertions: int = 0
    deletions: int = 0
    truncated: bool = False
    blocked: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def usable(self) -> bool:
        return bool(self.data) and not self.truncated and not self.blocked

    @property
    def sha256(self) -> str | None:
        return hashlib.sha256(self.data).hexdigest() if self.usable else None


def compute_patch(tree: GitTree, base: str, redactor: Redactor, prepared: Changes | None = None) -> Patch:
    """Stages the whole tree in an index of its own, drops junk, and proves that the patch applies to the base commit.
    `prepared` is what the set-up itself had changed: it is left out where nobody touched it since."""
    patch = Patch()
    left_out = stage_all(tree)
    if left_out.nested:
        patch.notes.append(f"Left out repositories inside the tree: {', '.join(left_out.nested)[:300]}")
    if left_out.large:
        patch.notes.append(f"Left out large new files: {', '.join(left_out.large)[:300]}")
    _drop(tree, base, patch, prepared or {})
    patch.data = tree.run(*_DIFF, "--binary", "--full-index", "-M", base)
    if not patch.data:
        return patch
    _count(tree, base, patch)
    if len(patch.data) > MAX_BYTES:
        patch.truncated = True
        names = redactor.text(tree.run(*_DIFF, "--name-status", base).decode("utf-8", "replace"))
        patch.data = f"# The patch is larger than 5 MB and is left out. Changed files:\n{names}".encode()
        patch.notes.append("The patch is larger than 5 MB; only the list of its files is kept.")
    elif redactor.added_secret(patch.data.decode("utf-8", "replace")):
        patch.blocked = True
        patch.data = b""
        patch.notes.append("The patch adds what looks like a secret; it is withheld.")
    else:
        _prove(tree, base, patch)
    return patch


def _drop(tree: GitTree, base: str, patch: Patch, prepared: Changes) -> None:
    """Takes junk, new or changed submodules, the set-up's own changes, and large new binaries out of the index again."""
    raw = tree.run(*_DIFF, "--raw", "--no-abbrev", "-z", "--no-renames", base).split(b"\0")
    added: list[tuple[bytes, bytes]] = []
    restore: list[tuple[bytes, bytes, bytes]] = []
    remove: list[bytes] = []
    for meta, path in zip(raw[0::2], raw[1::2]):
        old_mode, new_mode, old_id, new_id, status = meta.lstrip(b":").split(b" ")
        if old_mode == _GITLINK or (status != b"A" and prepared.get(path) == (new_mode, new_id)):
            restore.append((old_mode, old_id, path))
        elif new_mode == _GITLINK or prepared.get(path) == (new_mode, new_id):
            remove.append(path)
        elif status == b"A":
            added.append((new_id, path))
    tracked = folders_of([path.decode("utf-8", "surrogateescape") for path in tree.paths("ls-tree", "-r", "-z", "--name-only", base)]) if added else set()
    junk = [path for _, path in added if is_junk(path.decode("utf-8", "surrogateescape"), tracked)]
    large = _large_binaries(tree, base, [pair for pair in added if pair[1] not in set(junk)])
    remove += junk + large
    if remove:
        tree.run("update-index", "--force-remove", "-z", "--stdin", stdin=b"\0".join(remove) + b"\0")
    if restore:
        lines = b"".join(mode + b" " + oid + b"\t" + path + b"\0" for mode, oid, path in restore)
        tree.run("update-index", "-z", "--index-info", stdin=lines)
    if any(mode == _GITLINK for mode, _, _ in restore):
        patch.notes.append("Changes of submodules are left out.")
    if large:
        names = b", ".join(large).decode("utf-8", "replace")
        patch.notes.append(f"New binary files over 1 MB are left out: {names[:300]}")


def _large_binaries(tree: GitTree, base: str, added: list[tuple[bytes, bytes]]) -> list[bytes]:
    if not added:
        return []
    ids = b"\n".join(oid for oid, _ in added) + b"\n"
    sizes = tree.run("cat-file", "--batch-check=%(objectsize)", stdin=ids).split(b"\n")
    big = {path for (_, path), size in zip(added, sizes) if size.isdigit() and int(size) > MAX_NEW_BINARY}
    if not big:
        return []
    stats = tree.run(*_DIFF, "--numstat", "-z", "--no-renames", base).split(b"\0")
    return [line.split(b"\t", 2)[2] for line in stats if line.startswith(b"-\t-\t") and line.split(b"\t", 2)[2] in big]


def _count(tree: GitTree, base: str, patch: Patch) -> None:
    for line in tree.run(*_DIFF, "--numstat", "-z", "--no-renames", base).split(b"\0"):
        fields = line.split(b"\t", 2)
        if len(fields) == 3:
            patch.files += 1
            patch.insertions += int(fields[0]) if fields[0].isdigit() else 0
            patch.deletions += int(fields[1]) if fields[1].isdigit() else 0


def _prove(tree: GitTree, base: str, patch: Patch) -> None:
    """Against an index of the base commit alone: no file of the tree takes part."""
    tree.run("read-tree", base)
    try:
        tree.run("apply", "--check", "--cached", "--binary", "-", stdin=patch.data)
    except GitFailed as error:
        patch.notes.append(f"The patch does not apply to its own base: {str(error)[:300]}")
        patch.blocked = True
        patch.data = b""
