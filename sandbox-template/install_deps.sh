#!/usr/bin/env bash
# Installs what the repository in the current folder needs, and says which command tests it.
# Order: the job's commands, else a set-up file of the repository, else the first marker per language of the table below.
# Environment: SETUP_COMMANDS (a file, one command per NUL; absent when the job has none), COMMAND_SECONDS, TOTAL_SECONDS,
# REPORT (per command: exit code, seconds, command), TEST_COMMAND_FILE, PATCHBAY_VENV, PATCHBAY_TOOLS (its bin is on PATH).
# A failure is noted, never a stop.
set -u -o pipefail

started=$SECONDS
report() { printf '%s\t%s\t%s\n' "$1" "$2" "${3//[$'\n\t']/ }" >>"$REPORT"; }
tests_by() { [[ -s $TEST_COMMAND_FILE ]] || printf '%s' "$1" >"$TEST_COMMAND_FILE"; }
have() { command -v "$1" >/dev/null 2>&1; }

# macOS has no timeout; the runner's own limit still holds there.
have timeout || timeout() { shift 3; "$@"; }

run() {
  local left=$((TOTAL_SECONDS - (SECONDS - started))) limit=$COMMAND_SECONDS from=$SECONDS code
  ((left < limit)) && limit=$left
  if ((limit <= 0)); then report 124 0 "$1"; echo "\$ $1"; echo '(no time left)'; return 124; fi
  echo "\$ $1"
  timeout -k 5 "$limit" bash --noprofile --norc -c "$1" </dev/null
  code=$?
  report "$code" "$((SECONDS - from))" "$1"
  return "$code"
}

has() { local file; for file in "$@"; do [[ -e $file ]] && return 0; done; return 1; }
matches() { compgen -G "$1" >/dev/null; }
says() { [[ -f $1 ]] && grep -qE "$2" "$1"; }

# A package manager that is missing, or whose launcher cannot fetch it, comes as a package from its registry.
need() { # tool
  case $1 in
    uv|poetry|pdm|pipenv)
      "$1" --version >/dev/null 2>&1 </dev/null && return
      local place=$PATCHBAY_TOOLS/$1
      run "python3 -m venv '$place' && '$place/bin/pip' install --quiet $1 && mkdir -p '$PATCHBAY_TOOLS/bin' && ln -sf '$place/bin/$1' '$PATCHBAY_TOOLS/bin/'" ;;
    pnpm|yarn|bun)
      "$1" --version >/dev/null 2>&1 </dev/null || run "npm install --global --no-audit --no-fund --loglevel=error --prefix '$PATCHBAY_TOOLS' $(node_tool "$1")" ;;
  esac
}
node_tool() { # The package of the version that package.json or the lock file asks for.
  local asked
  asked=$(grep -oE "\"packageManager\" *: *\"$1@[0-9][0-9A-Za-z.-]*" package.json 2>/dev/null | grep -oE '[^@]+$')
  case $1 in
    pnpm) if [[ -z $asked ]]; then says pnpm-lock.yaml "^lockfileVersion: '?5" && asked=7; says pnpm-lock.yaml "^lockfileVersion: '?6" && asked=8; fi
      echo "pnpm@${asked:-10}" ;;
    yarn) if [[ $asked == 1.* ]] || { [[ -z $asked ]] && ! says yarn.lock '^__metadata:'; }; then echo "yarn@${asked:-1}"; else echo "@yarnpkg/cli-dist@${asked:-4}"; fi ;;
    *) echo "$1@${asked:-latest}" ;;
  esac
}

python_venv() {
  [[ -x $PATCHBAY_VENV/bin/python ]] && return
  need uv
  if have uv; then run "uv venv --quiet --seed '$PATCHBAY_VENV'"; else run "python3 -m venv '$PATCHBAY_VENV'"; fi
}
pip_install() { if have uv; then echo "uv pip install --quiet --python '$PATCHBAY_VENV/bin/python' $*"; else echo "'$PATCHBAY_VENV/bin/python' -m pip install --quiet $*"; fi; }

uv_sync() {
  run 'uv sync --frozen --all-extras --all-groups' || run 'uv sync --frozen'
  [[ -x $PATCHBAY_VENV/bin/pytest ]] || ! has_python_tests || run "$(pip_install pytest)"
}
has_python_tests() { matches 'tests/test_*.py' || matches 'test/test_*.py' || matches 'test_*.py'; }

python_by_pip() {
  # Nothing to install (a library on the standard library alone, without a build file) needs no environment either.
  has pyproject.toml setup.py setup.cfg requirements.txt requirements-dev.txt requirements/dev.txt || return 0
  python_venv || return 0
  local file
  for file in requirements.txt requirements-dev.txt requirements_dev.txt dev-requirements.txt requirements-test.txt test-requirements.txt requirements/dev.txt requirements/test.txt; do
    [[ -f $file ]] && run "$(pip_install "-r $file")"
  done
  if has pyproject.toml setup.py; then
    local extras= extra
    for extra in test tests testing dev; do says pyproject.toml "^$extra *= *\[" || says setup.py "['\"]$extra['\"] *:" || says setup.cfg "^$extra *=" || continue; extras+=${extras:+,}$extra; done
    if says pyproject.toml '^\[(project|build-system|tool.poetry)\]' || has setup.py; then
      run "$(pip_install "-e '.${extras:+[$extras]}'")" || run "$(pip_install '-e .')"
    fi
  fi
  [[ -x $PATCHBAY_VENV/bin/pytest ]] || run "$(pip_install pytest)"
}

python_tests() { # prefix
  if says tox.ini '^\[testenv' && ! has pytest.ini conftest.py tests test && have tox; then tests_by 'tox -e py'
  elif [[ -n $1 || -x $PATCHBAY_VENV/bin/pytest ]] || have pytest; then tests_by "${1:+$1 }pytest -q"
  elif has_python_tests; then
    if [[ -f tests/__init__.py || ! -d tests ]]; then tests_by 'python3 -m unittest'; else tests_by 'python3 -m unittest discover -s tests -t .'; fi
  fi
}

node_tests() { # runner
  # npm's placeholder is no test.
  says package.json '"test"[[:space:]]*:' && ! says package.json '"test"[[:space:]]*:.*no test specified' && tests_by "$1"
}
yarn_install() { if says yarn.lock '^__metadata:'; then run 'yarn install --immutable'; else run 'yarn install --frozen-lockfile --non-interactive'; fi; }

# language | marker files, any of them | install (a command, or a function above after ":") | test command (likewise)
table='
python|uv.lock|:uv_sync|:python_tests uv run --no-sync
python|poetry.lock|poetry install -n --all-extras|:python_tests poetry run
python|pdm.lock|pdm sync --dev|:python_tests pdm run
python|Pipfile.lock|pipenv sync --dev|:python_tests pipenv run
python|pyproject.toml setup.py setup.cfg requirements.txt requirements-dev.txt requirements/dev.txt tests/*.py test/*.py test_*.py|:python_by_pip|:python_tests
node|pnpm-lock.yaml|pnpm install --frozen-lockfile|:node_tests pnpm test
node|bun.lock bun.lockb|bun install --frozen-lockfile|:node_tests bun test
node|yarn.lock|:yarn_install|:node_tests yarn test
node|package-lock.json npm-shrinkwrap.json|npm ci --no-audit --no-fund|:node_tests npm test --silent
node|package.json|npm install --no-audit --no-fund|:node_tests npm test --silent
go|go.mod|go mod download|go test ./...
rust|Cargo.toml|cargo fetch --locked|cargo test --no-fail-fast
java|pom.xml|mvn -q -B dependency:go-offline|mvn -q -B test
java|gradlew|./gradlew --no-daemon --console=plain dependencies|./gradlew --no-daemon --console=plain test
ruby|Gemfile.lock|bundle install|:ruby_tests
php|composer.lock|composer install --no-interaction --no-progress|vendor/bin/phpunit
dotnet|*.sln *.csproj|dotnet restore|dotnet test --nologo
'
ruby_tests() { if [[ -d spec ]]; then tests_by 'bundle exec rspec'; else tests_by 'bundle exec rake test'; fi; }

call() { # ":function first argument…" or a command for run
  if [[ $1 != :* ]]; then run "$1"; return; fi
  local name=${1#:} argument=
  [[ $name == *' '* ]] && argument=${name#* } name=${name%% *}
  "$name" "$argument"
}

tool_of() { case $1 in uv.lock) echo uv ;; yarn.lock) echo yarn ;; *) echo "${2%% *}" ;; esac; }

each_language() { # tools | install | test
  local seen=' ' language markers install tests marker
  while IFS='|' read -r language markers install tests; do
    [[ -z $language || $seen == *" $language "* ]] && continue
    for marker in $markers; do
      matches "$marker" || continue
      seen+="$language "
      if [[ $1 == tools ]]; then need "$(tool_of "$marker" "$install")"
      elif [[ $1 == install ]]; then call "$install"
      elif [[ $tests == :* ]]; then call "$tests"
      else tests_by "$tests"; fi
      break
    done
  done <<<"$table"
}

set -f # markers are patterns for compgen, not for the shell
: >"$REPORT"
: >"$TEST_COMMAND_FILE"
each_language tools
if [[ -n ${SETUP_COMMANDS:-} && -f $SETUP_COMMANDS ]]; then
  source=job
  while IFS= read -r -d '' command; do run "$command"; done <"$SETUP_COMMANDS"
elif [[ -f .openhands/setup.sh ]]; then source=repo; run 'bash .openhands/setup.sh'
elif [[ -f .openinspect/setup.sh ]]; then source=repo; run 'bash .openinspect/setup.sh'
elif [[ -f mise.toml ]] && have mise; then source=repo; run 'mise trust && mise install'; each_language install
else source=detected; each_language install; fi
each_language test
echo "source: $source"
exit 0
