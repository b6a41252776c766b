"""Reproduction tests: small tests that show the issue, kept outside the repository, run on any tree of it."""

from __future__ import annotations

import json
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from .redaction import Redactor
from .run import Run
from .testing import run_tests

MAX_TESTS = 3
MAX_FILE = 256 * 1024
REPRO_SECONDS = 120.0


@dataclass(frozen=True)
class ReproTest:
    name: str
    path_in_repo: str
    command: str
    content: bytes


def read_repro(folder: Path) -> list[ReproTest]:
    """The tests of a folder with repro.json (or of a repro.tar there, or at that path), without those that do not make
    sense: an agent wrote them."""
    if folder.is_file() or (folder / "repro.tar").is_file():
        folder = _unpack(folder if folder.is_file() else folder / "repro.tar")
    try:
        listed = json.loads((folder / "repro.json").read_text(errors="replace"))["tests"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    tests: list[ReproTest] = []
    for entry in listed if isinstance(listed, list) else []:
        test = _read_one(folder, entry)
        if test and all(test.name != other.name for other in tests):
            tests.append(test)
    return tests[:MAX_TESTS]


def _read_one(folder: Path, entry: Any) -> ReproTest | None:
    if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) and entry[key] for key in ("path_in_repo", "command")):
        return None
    path = PurePosixPath(entry["path_in_repo"])
    if path.is_absolute() or ".." in path.parts or ".git" in path.parts or not path.parts:
        return None
    file = folder / path
    if not file.is_file() or file.is_symlink() or not file.resolve().is_relative_to(folder.resolve()) or file.stat().st_size > MAX_FILE:
        return None
    return ReproTest(str(entry.get("name") or path)[:200], str(path), entry["command"][:2_000], file.read_bytes())


def _unpack(archive: Path) -> Path:
    target = archive.parent / f"{archive.name}.unpacked"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    with tarfile.open(archive) as tar:
        for member in tar.getmembers()[:50]:
            path = PurePosixPath(member.name)
            content = tar.extractfile(member) if member.isfile() and member.size <= MAX_FILE else None
            if content is None or path.is_absolute() or ".." in path.parts:
                continue
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_bytes(content.read())
    # Packed with or without its folder.
    return target if (target / "repro.json").is_file() else target / "repro"


def export_repro(source: Path, output: Path, redactor: Redactor) -> int:
    """Writes the sensible ones to `output/repro/` and `output/repro.tar`; returns how many."""
    tests = [test for test in read_repro(source) if not redactor.holds_value(test.content)]
    if not tests:
        return 0
    folder = output / "repro"
    shutil.rmtree(folder, ignore_errors=True)
    for test in tests:
        path = folder / test.path_in_repo
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(test.content)
    listed = [{"name": redactor.text(test.name), "path_in_repo": test.path_in_repo, "command": redactor.text(test.command)} for test in tests]
    (folder / "repro.json").write_text(json.dumps({"tests": listed}, indent=1))
    with tarfile.open(output / "repro.tar", "w") as tar:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                tar.add(path, arcname=str(path.relative_to(folder)), recursive=False)
    return len(tests)


def run_repro(run: Run, test: ReproTest, repo: Path) -> str:
    """The class of one test on this tree; the tree is left as it was."""
    place = repo / test.path_in_repo
    if place.is_symlink() or not place.parent.resolve().is_relative_to(repo.resolve()):
        return "infra_failed"
    before = place.read_bytes() if place.is_file() else None
    missing = [folder for folder in place.relative_to(repo).parents if folder != Path() and not (repo / folder).exists()]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(test.content)
    try:
        return run_tests(run, test.command, seconds=run.seconds(REPRO_SECONDS), cwd=repo).kind
    finally:
        if before is None:
            place.unlink(missing_ok=True)
        else:
            place.write_bytes(before)
        for folder in missing:
            shutil.rmtree(repo / folder, ignore_errors=True)
