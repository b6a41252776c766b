"""No secret leaves the sandbox: not in files, events, log parts or model calls, not through /proc, not on disk."""

from __future__ import annotations

import base64
import gzip
import json
import unittest
from pathlib import Path

from control_plane import PLANNING, SUBMIT, TOKEN, call
from runner_case import CLONE_TOKEN, FIX, RunnerCase

from runner.redaction import MASK, Redactor

SPY = r"""
for p in /proc/[0-9]*; do { tr '\0' '\n' <$p/environ; tr '\0' ' ' <$p/cmdline; } 2>/dev/null; done
grep -rIs canary "$HOME" .. 2>/dev/null; git config --list --show-origin; cat .git/config ~/.netrc 2>/dev/null
"""


class Canaries(RunnerCase):
    def test_are_nowhere(self) -> None:
        (self.folder / "home").mkdir()
        # A leak that the runner cannot prevent, the test itself: the agent prints both tokens in several forms.
        forms = [TOKEN, CLONE_TOKEN, base64.b64encode(TOKEN.encode()).decode(), f"Authorization: Bearer {TOKEN}"]
        leak = call("printf '%s\\n' " + " ".join(f"'{form[:-6]}''{form[-6:]}'" for form in forms), "I print things")
        plan = call(f"printf '{{\"summary\": \"%s%s\"}}' {TOKEN[:9]} {TOKEN[9:]} >\"$PATCHBAY_PLAN\"")

        result = self.run_solver({"plan": [plan, SUBMIT], "execute": [call(SPY), leak, call(FIX), SUBMIT]}, env={"HOME": str(self.folder / "home")})

        self.assertEqual(result["status"], "succeeded", self.logs())
        self.assertIn(MASK, self.logs())
        self.assert_clean(self.output)
        self.assert_clean(self.workspace)
        for body in (*self.plane.bodies, *(data for _, data in self.plane.uploads)):
            self.assert_masked(body, "what was sent")

    def assert_clean(self, folder: Path) -> None:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink() and path.name not in ("plan.json",):
                data = path.read_bytes()
                self.assert_masked(gzip.decompress(data) if path.suffix == ".gz" else data, str(path))
        self.assert_masked((self.output / "plan.json").read_bytes(), "plan.json")

    def assert_masked(self, data: bytes, where: str) -> None:
        for secret in (TOKEN, CLONE_TOKEN, base64.b64encode(TOKEN.encode()).decode().rstrip("=")):
            self.assertFalse(secret.encode() in data, f"{secret} in {where}")


class Redaction(unittest.TestCase):
    def test_masks_by_value_in_several_forms(self) -> None:
        redactor = Redactor(["s3cret/with+signs"])

        for text in ("s3cret/with+signs", "s3cret%2Fwith%2Bsigns", base64.b64encode(b"s3cret/with+signs").decode()):
            self.assertEqual(redactor.text(f"x {text} y"), f"x {MASK} y")
        self.assertEqual(redactor.json({"a": ["s3cret/with+signs"], "n": 1}), {"a": [MASK], "n": 1})

    def test_masks_by_pattern(self) -> None:
        secrets = [
            "AKIA" + "A" * 16, "ghp_" + "a" * 36, "github_pat_" + "a" * 50, "sk-ant-" + "a" * 30, "sk-" + "a" * 40, "AIza" + "b" * 35,
            "xoxb-" + "1" * 24, "e2b_" + "0a" * 20, "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl",
        ]  # fmt: skip
        for secret in secrets:
            self.assertNotIn(secret, Redactor([]).text(f"key={secret} end"), secret)
        for text, kept in (
            ("git clone https://x-access-token:tok123@github.com/a", "https://"),
            ("postgres://user:pa55word@db/x", "@db/x"),
            ("authorization: Bearer abcdefghijklmnopqrstuvwxyz", "Bearer"),
            ("https://s3/x?X-Amz-Signature=0123456789abcdef0123", "X-Amz-Signature="),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", ""),
        ):
            masked = Redactor([]).text(text)
            self.assertIn(MASK, masked)
            self.assertIn(kept, masked)
            for gone in ("tok123", "pa55word", "abcdefghijklmnop", "0123456789abcdef", "MIIE"):
                self.assertNotIn(gone, masked)

    def test_plain_text_stays(self) -> None:
        text = "def bearer(token): return sk - 1  # see https://example.org:8080/a@b"

        self.assertEqual(Redactor([]).text(text), text)

    def test_only_added_lines_block_a_patch(self) -> None:
        key = "AKIA" + "B" * 16
        head = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n"

        self.assertTrue(Redactor([]).added_secret(f"{head} same\n-old\n+k = {key}\n"))
        self.assertFalse(Redactor([]).added_secret(f"{head} same\n-k = {key}\n+new\n"))
        self.assertFalse(Redactor([]).added_secret(f"{head} {key}\n-old\n+new\n"))
        self.assertFalse(Redactor([]).added_secret(f"{head} same\n-k = {key}\n+  k = {key}\n"))
        self.assertTrue(Redactor(["handed-in-value"]).added_secret(json.dumps("handed-in-value")))


if __name__ == "__main__":
    unittest.main()
