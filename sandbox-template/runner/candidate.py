"""A patch handed to Verify or Judge, and the work tree that it is put on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from .git_tree import GitFailed, GitTree
from .install import Installed, install
from .job import Patch
from .repro import ReproTest, read_repro
from .run import Run
from .tree_reset import reset

SETUP_SHARE = 0.5
"""Of the whole run: what all set-ups together may take."""
MANIFESTS = (
    "requirements", "pyproject.toml", "setup.py", "setup.cfg", "uv.lock", "poetry.lock", "pdm.lock", "Pipfile", "package.json",
    "package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "go.mod", "go.sum", "Cargo.toml", "Cargo.lock", "pom.xml",
    "build.gradle", "Gemfile", "composer.json", "composer.lock", ".openhands/setup.sh", ".openinspect/setup.sh", "mise.toml",
)  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    attempt: int
    data: bytes
    repro: list[ReproTest]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def read_candidate(patch: Patch) -> Candidate:
    path = Path(patch.path)
    return Candidate(patch.attempt, path.read_bytes() if path.is_file() else b"", read_repro(Path(patch.repro)) if patch.repro else [])


def put_base(run: Run, tree: GitTree) -> None:
    reset(tree, run.job.repo.base_sha)


def put_candidate(run: Run, tree: GitTree, candidate: Candidate) -> str | None:
    """Puts the tree to the base commit with the patch; returns why that is impossible, with the tree at base."""
    put_base(run, tree)
    if not candidate.data.strip():
        return "the patch is empty"
    try:
        tree.run("apply", "--index", "--binary", "-", stdin=candidate.data)
        return None
    except GitFailed as error:
        put_base(run, tree)
        return run.redactor.text(str(error))[:2_000]


class SetUps:
    """The set-up on one tree after another, within half of the run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._left = run.clock.total * SETUP_SHARE

    def before_the_lock(self, tree: GitTree, candidates: list[Candidate]) -> Installed:
        """On base. Before that, once with every patch that changes what is installed: later there is no network, and then
        the caches hold what it needs."""
        changed = False
        for candidate in candidates:
            if put_candidate(self._run, tree, candidate) is None and self.needed_for(tree):
                self.again()
                changed = True
        put_base(self._run, tree)
        if changed:
            self._run.note("The set-up was made with the patch as well, because the patch changes what is installed.")
        return self.again()

    def again(self) -> Installed:
        installed = install(self._run, total_seconds=max(1.0, self._left))
        self._left -= installed.seconds
        return installed

    def needed_for(self, tree: GitTree) -> bool:
        """Whether the patch on this tree changes what is installed."""
        base = self._run.job.repo.base_sha
        paths = [path.decode("utf-8", "replace") for path in tree.paths("diff", "--cached", "--name-only", "-z", "--no-renames", base)]
        return any(Path(path).name.startswith(MANIFESTS) or path in MANIFESTS for path in paths)
