"""diff.patch holds what changed in the tree, whatever the agent did to git."""

from __future__ import annotations

import os
import unittest

from control_plane import PLANNING, SUBMIT, call
from runner_case import CALC, FIX, RunnerCase, git

CHANGES = r"""
sed -i 's/a - b/a + b/' calc.py && git add calc.py && git -c user.name=a -c user.email=a@b commit -qm 'agent commits'
printf 'new\n' > 'with space ü.txt'; printf '\0\1\2binary\0' > blob.bin; chmod +x script.sh; ln -s calc.py link; git mv old.txt renamed.txt
rm gone.txt; mkdir -p node_modules/x __pycache__ dist; touch node_modules/x/i.js __pycache__/a.pyc dist/out.js .DS_Store patch.txt; echo edited > build/tracked.txt
git init -q nested && touch nested/a && git -C nested add a && git -C nested -c user.name=a -c user.email=a@b commit -qm x; git init -q empty; touch empty/b
head -c 2000000 /dev/zero > large.bin; truncate -s 20G huge.bin
"""
# What an agent can write into its own git to fool whoever runs git there: each would leave a trace or fail the diff.
HOSTILE = r"""
git config diff.external /bin/false; git config core.excludesFile /dev/zero; git update-index --assume-unchanged calc.py
mkdir -p .git/hooks .git/info; printf '#!/bin/sh\ntouch %s/../pwned\n' "$PWD" | tee .git/hooks/post-index-change >.git/hooks/post-checkout; chmod +x .git/hooks/*
echo '* filter=evil' > .git/info/attributes; echo '*' > .git/info/exclude
printf '[core]\n\tfsmonitor = touch %s/../pwned\n\thooksPath = .git/hooks\n[filter "evil"]\n\tclean = touch %s/../pwned; cat\n' "$PWD" "$PWD" >> .git/config
sed -i 's/a - b/a + b/' calc.py; rm -rf .git/objects
"""


class Patches(RunnerCase):
    files = {**CALC, "script.sh": "echo hi\n", "old.txt": "some text\n" * 20, "gone.txt": "x\n", "build/tracked.txt": "t\n", "crlf.txt": "a\r\nb\r\n", ".gitattributes": "*.txt text\n"}

    def test_every_kind_of_change(self) -> None:
        result = self.run_solver({"plan": PLANNING, "execute": [call(CHANGES), SUBMIT]})

        self.assertEqual(result["status"], "succeeded", self.logs())
        clean = self.apply_on_base()
        changed = {line.split("\t")[-1]: line[0] for line in git(clean, "-c", "core.quotePath=false", "diff", "--cached", "--name-status", "--no-renames", self.base).splitlines()}
        self.assertEqual(changed, {"calc.py": "M", "with space ü.txt": "A", "blob.bin": "A", "script.sh": "M", "link": "A", "old.txt": "D", "renamed.txt": "A", "gone.txt": "D", "build/tracked.txt": "M"})
        self.assertEqual((clean / "blob.bin").read_bytes(), b"\0\1\2binary\0")
        self.assertTrue(os.access(clean / "script.sh", os.X_OK))
        self.assertEqual(os.readlink(clean / "link"), "calc.py")
        self.assertIn("rename from old.txt", self.patch())
        self.assertIn("large.bin", " ".join(result["notes"]))
        self.assertIn("huge.bin", " ".join(result["notes"]))
        self.assertIn("empty", " ".join(result["notes"]))

    def test_what_the_agent_writes_into_git_is_inert(self) -> None:
        result = self.run_solver({"plan": PLANNING, "execute": [call(HOSTILE), SUBMIT]})

        self.assertEqual((result["status"], result["files_changed"]), ("succeeded", 1), self.patch())
        self.assertFalse((self.workspace / "pwned").exists())
        self.assertEqual(self.json_of("tests.json")["after"], "passed")

    def test_a_deleted_git_folder_or_tree_leaves_a_patch(self) -> None:
        result = self.run_solver({"plan": PLANNING, "execute": [call(f"{FIX}; rm -rf .git"), SUBMIT]})

        self.assertEqual((result["status"], result["files_changed"]), ("succeeded", 1))

    def test_a_secret_in_added_lines_withholds_the_patch(self) -> None:
        key = "AKIA" + "ABCDEFGHIJKLMNOP"

        result = self.run_solver({"plan": PLANNING, "execute": [call(f"{FIX}; echo 'key = \"{key[:8]}'\"\" > /dev/null; printf 'key = \"%s%s\"\\n' {key[:8]} {key[8:]} >> calc.py"), SUBMIT]})

        self.assertEqual((result["status"], result["error"]["code"], self.patch()), ("agent_error", "patch_withheld", ""))
        self.assertIn("blocked", self.plane.types())
        self.assertFalse(any(key.encode() in body for _, body in self.plane.uploads))

    def test_a_patch_over_5_mb_leaves_the_list_of_its_files(self) -> None:
        result = self.run_solver({"plan": PLANNING, "execute": [call(f"{FIX}; seq 1 800000 > numbers.txt"), SUBMIT]})

        self.assertEqual((result["status"], result["truncated"], result["patch_sha256"]), ("succeeded", True, None))
        self.assertIn("numbers.txt", self.patch())


if __name__ == "__main__":
    unittest.main()
