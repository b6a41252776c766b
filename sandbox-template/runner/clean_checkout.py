"""A clean checkout with the patch, at the path of the agent's tree: what was installed in place (an editable install, a
script's first line) then still points at the code under test.

What the set-up left among ignored files (`node_modules`, a generated `_version.py`) is moved over, but only files that are
still as they were before the agent's first step: stray files and reverted settings cannot fake a pass.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .git_tree import GitTree
from .run import Run

Manifest = dict[bytes, tuple[int, int, int]]
MAX_FILES = 200_000


def ignored_files(tree: GitTree) -> Manifest:
    """Size, mtime and ctime of every ignored file; nobody can set a ctime."""
    paths = tree.paths("ls-files", "--others", "--ignored", "--exclude-standard", "-z")
    root = os.fsencode(tree.work_tree)
    manifest: Manifest = {}
    for path in paths[:MAX_FILES]:
        try:
            stat = os.lstat(os.path.join(root, path))
        except OSError:
            continue
        if not path.endswith(b".pyc"):
            manifest[path] = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
    return manifest


def clean_checkout(run: Run, patch: bytes, manifest: Manifest) -> None:
    """Puts the agent's tree aside, and a clean one with the patch in its place."""
    aside, fresh = run.layout.private / "agent-tree", run.layout.private / "fresh"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    tree = run.tree("clean", fresh)
    tree.run("read-tree", run.job.repo.base_sha)
    tree.run("checkout-index", "-a", "-f", "-q", "-u")
    tree.run("apply", "--index", "--binary", "-", stdin=patch)
    # Tests and version tools may ask git; this copy is theirs to change.
    shutil.copytree(run.layout.git_dir, fresh / ".git", symlinks=True)
    shutil.copy2(run.layout.private / "clean.index", fresh / ".git" / "index")
    os.rename(run.layout.repo, aside)
    os.rename(fresh, run.layout.repo)
    for path in _submodules(tree, run.job.repo.base_sha):
        if (aside / path).is_dir() and (run.layout.repo / path).parent.is_dir():
            shutil.rmtree(run.layout.repo / path, ignore_errors=True)
            os.rename(aside / path, run.layout.repo / path)
    left_out = _carry_over(aside, run.layout.repo, manifest)
    if left_out:
        run.note(f"{left_out} ignored files of the set-up had changed since and were left out of the final tests.")


def _submodules(tree: GitTree, base: str) -> list[str]:
    listed = tree.paths("--work-tree=.", "ls-tree", "-r", "-z", base)
    return [entry.split(b"\t", 1)[1].decode("utf-8", "surrogateescape") for entry in listed if entry.startswith(b"160000 ")]


def _carry_over(source: Path, target: Path, manifest: Manifest) -> int:
    left_out = 0
    made: set[bytes] = set()
    for path, known in manifest.items():
        old, new = os.path.join(os.fsencode(source), path), os.path.join(os.fsencode(target), path)
        try:
            stat = os.lstat(old)
            if (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) != known:
                left_out += 1
                continue
            folder = os.path.dirname(new)
            if folder not in made:
                os.makedirs(folder, exist_ok=True)
                made.add(folder)
            if not os.path.lexists(new):
                os.rename(old, new)
        except OSError:
            left_out += 1
    return left_out
