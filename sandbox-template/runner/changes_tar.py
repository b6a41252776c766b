"""changes.tar: every changed file as git has it after the patch, for publishing without git.

`manifest.json` {version, base_sha, entries: [{path, mode | null, deleted?, file?, sha256, size}]} and `files/<n>`, the content
of the entry that names it. Content comes from git's own objects, hence binary safe; a link is its target with mode 120000.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .git_tree import GitTree

MAX_BYTES = 20 * 1024 * 1024
_GITLINK = "160000"


class Unpublishable(Exception):
    """The patch changes something that cannot be published."""


@dataclass(frozen=True)
class ChangesTar:
    files: int
    bytes: int
    sha256: str


def write_changes_tar(tree: GitTree, base: str, target: Path) -> ChangesTar:
    """`tree`'s index holds the base commit with the patch applied."""
    entries: list[dict[str, Any]] = []
    contents: list[bytes] = []
    raw = tree.run("diff", "--cached", "--raw", "--no-abbrev", "-z", "--no-renames", "--no-ext-diff", base).split(b"\0")
    for meta, path in zip(raw[0::2], raw[1::2]):
        entry, content = _entry(tree, meta, path)
        if content is not None:
            entry["file"] = f"files/{len(contents)}"
            contents.append(content)
        entries.append(entry)
        if sum(map(len, contents)) > MAX_BYTES:
            raise Unpublishable("the changed files are larger than 20 MB")
    manifest = json.dumps({"version": 1, "base_sha": base, "entries": entries}, indent=1, ensure_ascii=False).encode()
    data = _pack([("manifest.json", manifest), *((f"files/{number}", content) for number, content in enumerate(contents))])
    target.write_bytes(data)
    return ChangesTar(len(entries), len(data), hashlib.sha256(data).hexdigest())


def _entry(tree: GitTree, meta: bytes, raw_path: bytes) -> tuple[dict[str, Any], bytes | None]:
    old_mode, mode, _, object_id, status = meta.lstrip(b":").decode().split(" ")
    try:
        path = raw_path.decode("utf-8")
    except UnicodeDecodeError:
        raise Unpublishable(f"a path is not UTF-8: {raw_path!r}") from None
    if _GITLINK in (old_mode, mode):
        raise Unpublishable(f"it changes the submodule {path}")
    if status == "D":
        return {"path": path, "mode": None, "deleted": True, "sha256": None, "size": 0}, None
    content = tree.run("cat-file", "blob", object_id)
    return {"path": path, "mode": mode, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}, content


def _pack(members: list[tuple[str, bytes]]) -> bytes:
    """Without times and owners: the same patch gives the same bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.mode = 0o644
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
