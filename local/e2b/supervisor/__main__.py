"""The first process of a sandbox: runs commands, touches files and forwards egress for the server outside.

Standard library only. As PID 1 of the jail it cannot be killed by what it runs, and it reaps orphans. It ends when its
standard input ends, which is when the server ends, however that happens.
"""

import json
import os
import socket
import sys
import threading

from commands import Commands
from confinement import confine, end_everything
from egress import forward_egress, listen_for_egress
from file_transfer import read_file, write_file
from filesystem import FileError, METHODS
from usage import measure, walk_disk
from wire import Connection


def main() -> None:
    settings = json.loads(sys.argv[1])
    os.umask(0o022)
    confine(settings["limits"])
    commands = Commands()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(settings["socket"])
    listener.listen(128)
    if settings.get("egress"):
        _start(forward_egress, listen_for_egress(), settings["egress"])
    _start(_end_with_server, settings["jailed"], commands)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        client, _ = listener.accept()
        _start(_serve, Connection(client), commands)


def _start(target: object, *args: object) -> None:
    threading.Thread(target=target, args=args, daemon=True).start()


def _end_with_server(jailed: bool, commands: Commands) -> None:
    while os.read(0, 4096):
        pass
    end_everything(jailed, commands.kill_all)


def _serve(connection: Connection, commands: Commands) -> None:
    """One connection is one operation; its first frame names it, an error frame or a result ends it."""
    try:
        _, payload = connection.receive()
        request = json.loads(payload)
        operation = request["op"]
        if operation == "exec":
            commands.run(connection, request)
        elif operation == "signal":
            commands.signal(request["pid"], request["signal"])
            connection.send_json("J", {})
        elif operation == "read":
            read_file(connection, request)
        elif operation == "write":
            write_file(connection, request)
        elif operation == "usage":
            connection.send_json("J", measure(request, commands))
        elif operation == "disk":
            connection.send_json("J", walk_disk(request["roots"]))
        else:
            connection.send_json("J", METHODS[operation](request))
    except FileError as error:
        connection.try_send_json("E", {"code": error.code, "message": error.message})
    except OSError as error:
        connection.try_send_json("E", {"code": "internal", "message": str(error), "errno": error.errno})
    except (KeyError, ValueError, TypeError) as error:
        connection.try_send_json("E", {"code": "internal", "message": f"{type(error).__name__}: {error}"})
    finally:
        connection.close()


main()
