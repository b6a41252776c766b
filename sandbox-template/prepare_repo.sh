#!/usr/bin/env bash
# Fetches one commit into an empty folder, and keeps a copy of its .git that nothing of the repository has touched.
# Environment: CLONE_URL BASE_SHA REF REPO PRISTINE FETCH_SECONDS. The clone token, if any, is the one line on stdin: it
# reaches git's own process by GIT_CONFIG_* and is nowhere else, not in .git either.
# Exit: 0, 10 permanent (no such repository or commit, refused), 11 unreachable after retries, 12 blocked by the egress rules.
set -u -o pipefail

IFS= read -r token || true
export GIT_TERMINAL_PROMPT=0 GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null LC_ALL=C
# macOS has no timeout; the runner's own limit still holds there.
command -v timeout >/dev/null || timeout() { shift 3; "$@"; }
errors=$(mktemp) && trap 'rm -f "$errors"' EXIT

if [[ -e $REPO && -n $(ls -A "$REPO") ]]; then
  echo "the target $REPO is not empty" >&2
  exit 10
fi

with_token() {
  if [[ -z ${token:-} ]]; then "$@"; return; fi
  local credentials
  credentials=$(printf 'x-access-token:%s' "$token" | base64 | tr -d '\n')
  # The header belongs to this address alone: a submodule on another host does not get it.
  GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="http.$CLONE_URL.extraheader" \
    GIT_CONFIG_VALUE_0="Authorization: Basic $credentials" "$@"
}

fetch() {
  with_token timeout -k 5 "$FETCH_SECONDS" git -C "$REPO" -c http.followRedirects=false -c core.hooksPath=/dev/null \
    fetch --no-tags --quiet --no-recurse-submodules origin "$@" 2>"$errors"
}

failure() { # the exit code that the last error stands for
  if grep -qiE 'CONNECT tunnel failed, response 403|egress|blocked by' "$errors"; then echo 12
  elif grep -qiE 'could not resolve|timed? ?out|connection (refused|reset)|early EOF|HTTP 5|error: 5[0-9][0-9]|unexpected disconnect|hung up|502|503|504' "$errors"; then echo 11
  else echo 10; fi
}

mkdir -p "$REPO" && git -C "$REPO" init --quiet || exit 11
git -C "$REPO" remote add origin "$CLONE_URL" || exit 10

# A host may refuse bare commit ids; then some history of the branch, then all of it.
how=
for pause in 1 3 0; do
  if fetch --depth 1 "$BASE_SHA"; then how=commit
  elif [[ $(failure) == 10 ]] && fetch --depth 100 "$REF" && git -C "$REPO" cat-file -e "$BASE_SHA^{commit}" 2>/dev/null; then how=branch
  elif [[ $(failure) == 10 ]] && fetch '+refs/heads/*:refs/remotes/origin/*' && git -C "$REPO" cat-file -e "$BASE_SHA^{commit}" 2>/dev/null; then how=full
  fi
  [[ -n $how ]] && break
  code=$(failure)
  [[ $code == 11 && $pause != 0 ]] || { cat "$errors" >&2; exit "$code"; }
  sleep "$pause"
done

# A filter or a hook of the machine must not run on the checkout; the repository cannot configure any yet.
git -C "$REPO" -c core.hooksPath=/dev/null -c advice.detachedHead=false checkout --quiet -B work "$BASE_SHA" || exit 10
[[ $(git -C "$REPO" rev-parse HEAD) == "$BASE_SHA" && -d $REPO/.git ]] || { echo 'the checkout is not the asked commit' >&2; exit 10; }
git -C "$REPO" config user.name patchbay && git -C "$REPO" config user.email patchbay@localhost
git -C "$REPO" config core.hooksPath /dev/null

if [[ -f $REPO/.gitmodules ]]; then
  with_token timeout -k 5 "$FETCH_SECONDS" git -C "$REPO" -c core.hooksPath=/dev/null \
    submodule --quiet update --init --recursive --depth 1 2>"$errors" || echo 'note: submodules could not be fetched'
fi
# After the submodules: their addresses may be relative to it.
git -C "$REPO" remote remove origin
printf '%s\n' node_modules/ .venv/ '*.egg-info/' __pycache__/ .tox/ >>"$REPO/.git/info/exclude"

rm -rf "$PRISTINE" && cp -a "$REPO/.git" "$PRISTINE" || exit 11
echo "how: $how"
