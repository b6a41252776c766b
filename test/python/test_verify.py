"""Mode verify: one patch in a fresh sandbox, with everything that publishing needs."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import tarfile
import unittest
from pathlib import Path
from typing import Any

from runner_case import CALC, GIT_ENV, RunnerCase, git

REPRO = "import unittest\n\nimport calc\n\n\nclass Repro(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(calc.add(1, 1), 2)\n"


class PatchedCase(RunnerCase):
    """Builds patches against the base commit by plain git."""

    def patch_of(self, name: str, commands: str) -> Path:
        tree = self.folder / f"tree-{name}"
        git(self.folder, "clone", "-q", str(self.origin), str(tree))
        subprocess.run(["bash", "-ec", f"{commands}; git add -A"], cwd=tree, env=GIT_ENV, check=True, capture_output=True)
        path = self.folder / f"{name}.patch"
        diff = ["git", "diff", "--cached", "--binary", "--full-index", "-M", "HEAD"]
        path.write_bytes(subprocess.run(diff, cwd=tree, env=GIT_ENV, check=True, capture_output=True).stdout)
        return path

    def repro_folder(self, name: str, *tests: tuple[str, str, str]) -> Path:
        """Each test: name, content, command."""
        folder = self.folder / f"repro-{name}"
        (folder / "tests").mkdir(parents=True)
        listed = []
        for number, (title, content, command) in enumerate(tests):
            path = f"tests/test_repro_{name}_{number}.py"
            (folder / path).write_text(content)
            listed.append({"name": title, "path_in_repo": path, "command": command.replace("MODULE", path[:-3].replace("/", "."))})
        (folder / "repro.json").write_text(json.dumps({"tests": listed}))
        return folder

    def run_mode(self, mode: str, patches: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
        job = {"mode": mode, "patches": patches, "agent": None, "clone_token": None, **changes}
        return self.run_solver(**{key: value for key, value in job.items()})


class Verify(PatchedCase):
    files = {**CALC, "script.sh": "echo hi\n", "gone.txt": "x\n", "tests/__init__.py": ""}

    def verify(self, path: Path, repro: Path | None = None, **changes: Any) -> dict[str, Any]:
        return self.run_mode("verify", [{"attempt": 2, "path": str(path), **({"repro": str(repro)} if repro else {})}], **changes)

    def test_a_good_patch_has_complete_evidence_and_its_files(self) -> None:
        path = self.patch_of("good", "sed -i 's/a - b/a + b/' calc.py && chmod +x script.sh && ln -s calc.py link && rm gone.txt && printf '\\0\\1' > 'ü b.bin'")
        repro = self.repro_folder("r", ("adds", REPRO, "python3 -m unittest MODULE"))

        result = self.verify(path, repro)

        self.assertEqual((result["code"], result["status"], result["files_changed"]), (0, "succeeded", 5), self.logs())
        evidence = self.json_of("evidence.json")
        self.assertEqual((evidence["applies"], evidence["complete"], evidence["apply_error"]), (True, True, None))
        self.assertEqual(evidence["patch_sha256"], hashlib.sha256(path.read_bytes()).hexdigest())
        self.assertEqual((evidence["tests"]["before"], evidence["tests"]["after"], evidence["tests"]["fixed"]), ("failed", "passed", ["test_calc.Calc.test_add"]))
        self.assertEqual(evidence["repro"], [{"name": "adds", "before": "failed", "after": "passed"}])
        self.assertEqual(evidence["setup"]["ok"], True)
        self.assert_changes(evidence)
        self.assertEqual([kind for kind in self.plane.types() if kind != "note"], ["sandbox_ready", "repo_cloned", "patch_applied", "deps_installed", "baseline_tested", "verified", "done"])
        self.assertEqual(self.plane.turns, [])

    def assert_changes(self, evidence: dict[str, Any]) -> None:
        data = (self.output / "changes.tar").read_bytes()
        self.assertEqual((evidence["changes"]["sha256"], evidence["changes"]["bytes"]), (hashlib.sha256(data).hexdigest(), len(data)))
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            content = {member.name: tar.extractfile(member).read() for member in tar.getmembers()}
        manifest = json.loads(content["manifest.json"])
        entries = {entry["path"]: entry for entry in manifest["entries"]}
        self.assertEqual((manifest["version"], manifest["base_sha"]), (1, self.base))
        self.assertEqual({path: entry["mode"] for path, entry in entries.items()}, {"calc.py": "100644", "script.sh": "100755", "link": "120000", "gone.txt": None, "ü b.bin": "100644"})
        self.assertEqual(entries["gone.txt"], {"path": "gone.txt", "mode": None, "deleted": True, "sha256": None, "size": 0})
        bodies = {path: content[entry["file"]] for path, entry in entries.items() if "file" in entry}
        self.assertEqual((bodies["link"], bodies["ü b.bin"], bodies["script.sh"]), (b"calc.py", b"\0\1", b"echo hi\n"))
        for path, body in bodies.items():
            self.assertEqual((entries[path]["sha256"], entries[path]["size"]), (hashlib.sha256(body).hexdigest(), len(body)))

    def test_a_patch_that_does_not_apply_says_why(self) -> None:
        path = self.patch_of("bad", "sed -i 's/a - b/a + b/' calc.py")
        path.write_text(path.read_text().replace("a - b", "a / b"))

        result = self.verify(path)

        evidence = self.json_of("evidence.json")
        self.assertEqual((result["status"], evidence["applies"], evidence["complete"], evidence["changes"]), ("no_changes", False, True, None))
        self.assertIn("calc.py", evidence["apply_error"])

    def test_a_submodule_is_refused(self) -> None:
        inner = f"git -c protocol.file.allow=always submodule --quiet add file://{self.origin} mod"
        path = self.patch_of("sub", inner)

        self.verify(path)

        evidence = self.json_of("evidence.json")
        self.assertEqual((evidence["applies"], evidence["changes"]), (False, None))
        self.assertIn("submodule", evidence["apply_error"])

    def test_a_flaky_test_is_no_regression(self) -> None:
        # It fails on every second run with the patch, and never without it.
        flaky = "sed -i 's/return 2 \\* a/import os; p = os.environ[\"HOME\"] + \"\\/flip\"; on = os.path.exists(p); (os.remove(p) if on else open(p, \"w\").close()); return 2 * a if on else 0/; s/a - b/a + b/' calc.py"
        path = self.patch_of("flaky", flaky)
        (self.folder / "home").mkdir()

        self.verify(path, env={"HOME": str(self.folder / "home")})

        tests = self.json_of("evidence.json")["tests"]
        self.assertEqual((tests["regressions"], tests["fixed"]), ([], ["test_calc.Calc.test_add"]))

    def test_tests_that_a_patch_removes_renames_or_skips_are_named(self) -> None:
        more = "".join(f"\n    def test_{name}(self):\n        self.assertTrue(calc.double(1))\n" for name in ("gone", "old_name", "skipped", "expected"))
        (self.origin / "test_calc.py").write_text(f"{CALC['test_calc.py']}{more}")
        git(self.origin, "commit", "-aqm", "more tests")
        self.base = git(self.origin, "rev-parse", "HEAD")
        edits = [
            "s/a - b/a + b/",
            "/def test_gone/,+1d",
            "s/test_old_name/test_new_name/",
            "s/^    def test_skipped/    @unittest.skip(\"later\")\\n&/",
            "s/^    def test_expected/    @unittest.expectedFailure\\n&/; /def test_expected/{n;s/True/False/}",
        ]
        path = self.patch_of("weaker", " && ".join(f"sed -i '{edit}' calc.py test_calc.py" for edit in edits))

        self.verify(path)

        tests = self.json_of("evidence.json")["tests"]
        self.assertEqual((tests["before"], tests["after"], tests["regressions"], tests["fixed"]), ("failed", "passed", [], ["test_calc.Calc.test_add"]), self.logs())
        self.assertEqual(tests["removed"], [f"test_calc.Calc.test_{name}" for name in ("expected", "gone", "old_name", "skipped")])
        self.assertEqual(self.plane.first("verified")["removed"], tests["removed"])

    def test_a_run_cut_short_leaves_what_it_saw(self) -> None:
        path = self.patch_of("slow", "sed -i 's/a - b/a + b/' calc.py")
        patches = [{"attempt": 1, "path": str(path)}]
        self.start(mode="verify", patches=patches, agent=None, setup={"test_command": "sleep 300"})
        self.assertTrue(self.plane.wait_for(lambda plane: "deps_installed" in plane.types()), self.logs())
        assert self.process is not None

        os.kill(self.process.pid, signal.SIGTERM)
        self.finish(8)

        evidence = self.json_of("evidence.json")
        self.assertEqual((evidence["applies"], evidence["complete"], evidence["changes"]["files"], evidence["tests"]), (True, False, 1, None))

    def test_an_unreachable_repository_leaves_no_evidence_against_the_patch(self) -> None:
        path = self.patch_of("good", "sed -i 's/a - b/a + b/' calc.py")

        result = self.verify(path, repo={"clone_url": f"file://{self.folder}/nowhere", "base_sha": self.base, "ref": "main"})

        self.assertEqual(result["status"], "setup_failed")
        self.assertFalse((self.output / "evidence.json").exists())

    def test_a_changed_manifest_is_installed_before_the_lock(self) -> None:
        path = self.patch_of("deps", "sed -i 's/a - b/a + b/' calc.py && echo '# pinned' > requirements.txt")
        set_up = "test -f requirements.txt && echo with >> ../setups || echo without >> ../setups"

        self.verify(path, setup={"commands": [set_up], "test_command": "python3 -m unittest"})

        self.assertEqual((self.workspace / "setups").read_text().split(), ["with", "without", "with"])
        self.assertEqual(self.json_of("evidence.json")["tests"]["after"], "passed")


class Judge(PatchedCase):
    files = {**CALC, "tests/__init__.py": ""}

    def test_every_candidate_meets_every_test_that_fails_on_base(self) -> None:
        right = self.patch_of("right", "sed -i 's/a - b/a + b/' calc.py")
        half = self.patch_of("half", "sed -i 's/return a - b/return 2/' calc.py")
        broken = self.patch_of("broken", "sed -i 's/a - b/a + b/' calc.py")
        broken.write_text(broken.read_text().replace("a - b", "a / b"))
        other = REPRO.replace("calc.add(1, 1), 2", "calc.add(2, 5), 7")
        always = REPRO.replace("calc.add(1, 1), 2", "1, 1")
        command = "python3 -m unittest MODULE"
        repro1 = self.repro_folder("one", ("one", REPRO, command), ("green on base", always, command))
        repro2 = self.repro_folder("two", ("two", other, command))
        with tarfile.open(self.folder / "two.tar", "w") as tar:
            for file in repro2.rglob("*"):
                tar.add(file, arcname=str(file.relative_to(repro2)), recursive=False)
        patches = [
            {"attempt": 1, "path": str(half), "repro": str(repro1)},
            {"attempt": 2, "path": str(right), "repro": str(self.folder / "two.tar")},
            {"attempt": 3, "path": str(broken), "repro": str(repro1)},
        ]

        result = self.run_mode("judge", patches)

        self.assertEqual((result["code"], result["status"]), (0, "succeeded"), self.logs())
        cross = self.json_of("cross.json")
        self.assertEqual([(test["by"], test["name"], test["before"]) for test in cross["tests"]], [(1, "one", "failed"), (1, "green on base", "passed"), (2, "two", "failed")])
        outcomes = {(row["attempt"], row["test"]): row["outcome"] for row in cross["results"]}
        self.assertEqual(outcomes, {(1, "one"): "passed", (1, "two"): "failed", (2, "one"): "passed", (2, "two"): "passed"})
        self.assertTrue(cross["complete"])
        self.assertEqual(self.plane.first("cross_tested")["passed"], {"1": 1, "2": 2})
        self.assertIn("Attempt 3 was not tested", " ".join(result["notes"]))

    def test_hostile_reproduction_tests_stay_in_the_tree(self) -> None:
        right = self.patch_of("right", "sed -i 's/a - b/a + b/' calc.py")
        folder = self.repro_folder("evil", ("fine", REPRO, "python3 -m unittest MODULE"))
        listed = json.loads((folder / "repro.json").read_text())["tests"]
        (folder / "repro.json").write_text(json.dumps({"tests": [
            {"name": "up", "path_in_repo": "../../outside.py", "command": "true"}, {"name": "abs", "path_in_repo": "/etc/hosts", "command": "true"},
            {"name": "git", "path_in_repo": ".git/hooks/x", "command": "true"}, "nonsense", {"name": "n"}, *listed,
        ]}))  # fmt: skip

        self.run_mode("judge", [{"attempt": 1, "path": str(right), "repro": str(folder)}])

        self.assertEqual([test["name"] for test in self.json_of("cross.json")["tests"]], ["fine"])


if __name__ == "__main__":
    unittest.main()
