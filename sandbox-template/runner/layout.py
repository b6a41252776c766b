"""Where things are in this sandbox. Nothing but `workspace_root` decides it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """`repo` is the agent's tree, `output` what Collect pulls, `private` the runner's own, `scratch` the agent's own."""

    repo: Path
    output: Path
    private: Path

    @property
    def scratch(self) -> Path:
        return self.private / "scratch"

    @property
    def plan(self) -> Path:
        """Where the agent writes its plan (`$PATCHBAY_PLAN`); the validated one goes to `output`."""
        return self.scratch / "plan.json"

    @property
    def repro(self) -> Path:
        """Where the agent puts reproduction tests (`$PATCHBAY_REPRO`)."""
        return self.scratch / "repro"

    @property
    def git_dir(self) -> Path:
        """The pristine copy of `.git`, from before anything of the repository ran."""
        return self.private / "pristine.git"

    @property
    def ballast(self) -> Path:
        """Space that the end of the run gives free for itself."""
        return self.private / "ballast"

    @property
    def virtualenv(self) -> Path:
        return self.private / "venv"

    @property
    def tools(self) -> Path:
        """Package managers that the image lacks, as the set-up fetched them."""
        return self.private / "tools"


def make_layout(workspace_root: str, job_id: str) -> Layout:
    root = Path(workspace_root)
    layout = Layout(repo=root / job_id, output=root / "output" / job_id, private=root / ".patchbay" / job_id)
    for folder in (layout.output, layout.private, layout.scratch, layout.repro, layout.private / "home"):
        folder.mkdir(parents=True, exist_ok=True)
    os.chmod(layout.private, 0o700)
    return layout
