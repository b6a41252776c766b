"""Directory and metadata operations, answered as envd's entries. They run inside the jail: a link leads nowhere else."""

import datetime
import errno
import grp
import os
import pwd
import shutil
import stat
import sys

METADATA_PREFIX = "user.e2b."


class FileError(Exception):
    """An error with envd's name for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def resolve(path: str, home: str) -> str:
    """`~`, '' and relative paths lead from the home of the user."""
    if path == "~" or path.startswith("~/"):
        path = home + path[1:]
    return os.path.normpath(os.path.join(home, path))


def stat_path(request: dict) -> dict:
    return {"entry": entry_of(_existing(resolve(request["path"], request["home"])))}


def list_directory(request: dict) -> dict:
    root = _existing(resolve(request["path"], request["home"]))
    if not os.path.isdir(root):
        raise FileError("invalid_argument", f"path is not a directory: {root}")
    root = os.path.realpath(root)
    entries: list[dict] = []
    _collect(root, max(1, request.get("depth", 1)), entries)
    return {"entries": entries}


def make_directory(request: dict) -> dict:
    path = resolve(request["path"], request["home"])
    if os.path.isdir(path):
        raise FileError("already_exists", f"directory already exists: {path}")
    if os.path.lexists(path):
        raise FileError("invalid_argument", f"path already exists but it is not a directory: {path}")
    try:
        os.makedirs(path, 0o755)
    except NotADirectoryError as error:
        raise FileError("invalid_argument", f"path is a file: {path}") from error
    return {"entry": entry_of(path)}


def move(request: dict) -> dict:
    source = _existing(resolve(request["source"], request["home"]))
    destination = resolve(request["destination"], request["home"])
    os.makedirs(os.path.dirname(destination), 0o755, exist_ok=True)
    try:
        os.rename(source, destination)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.move(source, destination)  # the mounts of a jail are several devices, a real sandbox has one
    return {"entry": entry_of(destination)}


def remove(request: dict) -> dict:
    path = resolve(request["path"], request["home"])
    if os.path.isdir(path) and not os.path.islink(path):
        _remove_tree(path)
    elif os.path.lexists(path):
        os.unlink(path)
    return {}


def entry_of(path: str) -> dict:
    """`type` and size follow links, and a link also names its target."""
    link = os.readlink(path) if os.path.islink(path) else None
    try:
        info = os.stat(path)
    except FileNotFoundError:
        info = os.lstat(path)
    kinds = ((stat.S_ISDIR, "FILE_TYPE_DIRECTORY"), (stat.S_ISREG, "FILE_TYPE_FILE"))
    kind = next((name for test, name in kinds if test(info.st_mode)), "FILE_TYPE_UNSPECIFIED")
    modified = datetime.datetime.fromtimestamp(info.st_mtime, datetime.timezone.utc)
    entry = {
        "name": os.path.basename(path) or "/",
        "type": kind,
        "path": path,
        "size": str(info.st_size),
        "mode": stat.S_IMODE(info.st_mode),
        "permissions": stat.filemode(info.st_mode),
        "owner": _name(pwd.getpwuid, info.st_uid, "pw_name"),
        "group": _name(grp.getgrgid, info.st_gid, "gr_name"),
        "modifiedTime": modified.isoformat(timespec="microseconds").replace("+00:00", "Z"),
    }
    if link is not None:
        entry["symlinkTarget"] = os.path.normpath(os.path.join(os.path.dirname(path), link))
    metadata = metadata_of(path)
    return {**entry, "metadata": metadata} if metadata else entry


def metadata_of(path: str) -> dict[str, str]:
    """Extended attributes `user.e2b.*`; none where the file system or the platform has none."""
    if sys.platform != "linux":
        return {}
    try:
        names = [name for name in os.listxattr(path) if name.startswith(METADATA_PREFIX)]
        return {name[len(METADATA_PREFIX) :]: os.getxattr(path, name).decode() for name in names}
    except OSError:
        return {}


def _existing(path: str) -> str:
    if not os.path.lexists(path):
        raise FileError("not_found", f"file not found: stat {path}: no such file or directory")
    return path


def _collect(directory: str, depth: int, entries: list[dict]) -> None:
    for name in sorted(os.listdir(directory)):
        path = os.path.join(directory, name)
        try:
            entries.append(entry_of(path))
        except FileNotFoundError:
            continue  # removed since the directory was read
        if depth > 1 and os.path.isdir(path) and not os.path.islink(path):
            _collect(path, depth - 1, entries)


def _remove_tree(path: str) -> None:
    try:
        shutil.rmtree(path)
    except PermissionError:
        # Module caches make their directories read-only; root, whom the API stands for on e2b, does not care.
        for folder, _, _ in os.walk(path):
            os.chmod(folder, 0o700)
        shutil.rmtree(path)


def _name(lookup: object, number: int, field: str) -> str:
    try:
        return getattr(lookup(number), field)
    except KeyError:
        return str(number)


METHODS = {"stat": stat_path, "list": list_directory, "mkdir": make_directory, "move": move, "remove": remove}
