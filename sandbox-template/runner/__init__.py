"""The runner inside a sandbox: one phase per file. `main.py` is its table of contents; `run_solver.py` starts it."""
