#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# race-copy.py SOCKET CONTAINER PATH ROUNDS: put a file into PATH of a container, look at it and get it, while the container
# does with PATH what it likes. Prints how often each worked, and every content that came back.
import http.client
import io
import socket
import sys
import tarfile
import urllib.parse

socket_path, container, path, rounds = sys.argv[1:]


class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(socket_path)


def ask(method, target, body=None):
    connection = Connection("hoy")
    connection.request(method, f"/containers/{container}/archive?path=" + urllib.parse.quote(target), body)
    try:
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (http.client.HTTPException, OSError):
        return 0, b""  # cut short: what was being read went away
    finally:
        connection.close()


archive = io.BytesIO()
with tarfile.open(fileobj=archive, mode="w") as tar:
    for name, kind in (("sub", tarfile.DIRTYPE), ("sub/put", tarfile.REGTYPE), ("node", tarfile.FIFOTYPE), ("put", tarfile.REGTYPE)):
        entry = tarfile.TarInfo(name)
        entry.type = kind
        entry.mode = 0o6777
        entry.size = 4 if kind == tarfile.REGTYPE else 0
        tar.addfile(entry, io.BytesIO(b"mine") if entry.size else None)

worked = {"PUT": 0, "HEAD": 0, "GET": 0}
contents = set()
for _ in range(int(rounds)):
    worked["PUT"] += ask("PUT", path, archive.getvalue())[0] == 200
    worked["HEAD"] += ask("HEAD", path + "/secret")[0] == 200
    status, data = ask("GET", path + "/.")
    if status != 200:
        continue
    worked["GET"] += 1
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            contents.update(tar.extractfile(m).read() for m in tar if m.isfile() and m.name.endswith(("secret", "put")))
    except tarfile.TarError:
        pass
print(*worked.items(), *sorted(contents), sep="\n")
