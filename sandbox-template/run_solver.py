"""Starts the runner: `python3 -I -u run_solver.py <job.json>`."""

import os
import sys
from pathlib import Path

# -I leaves out this folder, so that nothing in the working directory can pose as a module of the runner.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from runner.main import main  # noqa: E402

if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: a worker thread that was given up must not be waited for.
    os._exit(code)
