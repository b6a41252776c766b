"""File contents: read in chunks from an offset, written through a chain of parents that is made if missing."""

import os
import sys

from filesystem import METADATA_PREFIX, FileError, entry_of, metadata_of, resolve
from wire import Connection

CHUNK = 256 * 1024


def read_file(connection: Connection, request: dict) -> None:
    """Frames: J (size, path), then o; the bytes are those of the range [start, end) cut at the size found first."""
    path = resolve(request["path"], request["home"])
    if os.path.isdir(path):
        raise FileError("invalid_argument", f"path '{path}' is a directory")
    try:
        source = open(path, "rb")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileError("not_found", f"path '{path}' does not exist") from error
    with source:
        info = os.fstat(source.fileno())
        connection.send_json("J", {"path": path, "size": info.st_size, "modified": info.st_mtime})
        letter, payload = connection.receive()
        if letter != "i":
            return
        start, end = (int(bound) for bound in payload.decode().split("-"))
        source.seek(start)
        remaining = end - start
        while remaining > 0 and (data := source.read(min(CHUNK, remaining))):
            connection.send("o", data)
            remaining -= len(data)


def write_file(connection: Connection, request: dict) -> None:
    """Input frames are the contents; the answer is the entry. Metadata is replaced, also by nothing."""
    path = resolve(request["path"], request["home"])
    if os.path.isdir(path):
        raise FileError("invalid_argument", f"path is a directory: {path}")
    try:
        os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
    except (NotADirectoryError, FileExistsError) as error:
        raise FileError("invalid_argument", f"path is a file: {os.path.dirname(path)}") from error
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    with os.fdopen(descriptor, "wb") as target:
        while True:
            letter, payload = connection.receive()
            if letter != "i":
                break
            target.write(payload)
    if letter != "c":
        return
    _replace_metadata(path, request.get("metadata", {}))
    connection.send_json("J", {"entry": entry_of(path)})


def _replace_metadata(path: str, metadata: dict[str, str]) -> None:
    if sys.platform != "linux":
        return
    for name in metadata_of(path):
        os.removexattr(path, METADATA_PREFIX + name)
    for name, value in metadata.items():
        os.setxattr(path, METADATA_PREFIX + name, value.encode())
