"""The environment of commands: an allow-list. Nothing of the runner's own environment goes through by accident."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .layout import Layout

_PASSED_ON = (
    "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE", "PIP_CERT", "GIT_SSL_CAINFO",
    "PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "NPM_CONFIG_REGISTRY", "npm_config_registry", "GOPROXY", "GOFLAGS",
    "UV_CACHE_DIR", "PIP_CACHE_DIR", "NPM_CONFIG_CACHE", "XDG_CACHE_HOME", "GOPATH", "GOMODCACHE", "GOCACHE",
    "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "NVM_DIR", "PYENV_ROOT", "JAVA_HOME", "MAVEN_OPTS", "GRADLE_USER_HOME",
)  # fmt: skip

_FIXED = {
    "TERM": "dumb",
    "CI": "1",
    "PAGER": "cat",
    "MANPAGER": "cat",
    "GIT_PAGER": "cat",
    "LESS": "-R",
    "PIP_PROGRESS_BAR": "off",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "TQDM_DISABLE": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "DEBIAN_FRONTEND": "noninteractive",
    "COREPACK_ENABLE_DOWNLOAD_PROMPT": "0",
    # It would write a field into package.json, and that into the diff.
    "COREPACK_ENABLE_AUTO_PIN": "0",
    "npm_config_update_notifier": "false",
    "NO_COLOR": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}

OFFLINE = {
    "UV_OFFLINE": "1",
    "PIP_NO_INDEX": "1",
    "npm_config_offline": "true",
    "pnpm_config_offline": "true",
    "YARN_ENABLE_NETWORK": "0",
    "GOPROXY": "off",
    "CARGO_NET_OFFLINE": "true",
    "MAVEN_ARGS": "--offline",
}
"""From the egress lock on: package managers then take what the set-up left in their caches, or say at once that they
cannot, where they would try again for minutes and remove what is installed meanwhile."""

_TOOL_FOLDERS = (".local/bin", ".cargo/bin", "go/bin", ".bun/bin")
_SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/go/bin")


def command_env(layout: Layout) -> dict[str, str]:
    """PATH as the runner got it, the project's virtual environment and fetched tools first, the usual tool folders last: the login shell
    that started the runner may have read a profile that replaces PATH."""
    env = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    env.setdefault("HOME", str(layout.private / "home"))
    env.setdefault("LANG", "C.UTF-8")
    env |= _FIXED
    home = Path(env["HOME"])
    mine = str(Path(sys.prefix) / "bin")
    folders = [folder for folder in os.environ.get("PATH", "").split(":") if folder and folder != mine]
    folders += [str(home / folder) for folder in _TOOL_FOLDERS if (home / folder).is_dir()]
    folders += [folder for folder in _SYSTEM_FOLDERS if Path(folder).is_dir()]
    env["PATH"] = ":".join(dict.fromkeys([str(layout.virtualenv / "bin"), str(layout.tools / "bin"), *folders]))
    env["PATCHBAY_PLAN"] = str(layout.plan)
    env["PATCHBAY_REPRO"] = str(layout.repro)
    env["PATCHBAY_VENV"] = str(layout.virtualenv)
    env["PATCHBAY_TOOLS"] = str(layout.tools)
    env["UV_PROJECT_ENVIRONMENT"] = str(layout.virtualenv)
    env["POETRY_VIRTUALENVS_PATH"] = str(layout.private / "poetry")
    env["PIPENV_IGNORE_VIRTUALENVS"] = "1"
    env["WORKON_HOME"] = str(layout.private / "pipenv")
    return env
