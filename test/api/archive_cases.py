# SPDX-License-Identifier: Apache-2.0
"""Files in and out of containers."""
import io
import re
import tarfile

import docker

from client_cases import Client
from python_cases import client, fails
from suite import group


@group
def archives(t):
    t.create("made", ["true"])
    for method in ("GET", "HEAD"):
        t(method + " /containers/gone/archive?path=/", 404, None if method == "HEAD" else "No such container: gone")
        t(method + " /containers/made/archive?path=/nope", 404)
    t("PUT /containers/gone/archive?path=/", 404, "No such container: gone", body=b"", headers={"Content-Type": "application/x-tar"})
    t("GET /containers/made/archive", 400)
    Client(t)("cp made:/etc/passwd -", 0, re.compile(".*root:x:0:0.*", re.S))
    d = client()
    c = d.containers.run("bb", ["sleep", "100"], detach=True, network_mode="none")
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        info = tarfile.TarInfo("put")
        info.size = 4
        tar.addfile(info, io.BytesIO(b"data"))
    t.check("put_archive", c.put_archive("/tmp", data.getvalue()))
    stream, stat = c.get_archive("/tmp/put")
    t.check("get_archive", stat["name"] == "put" and stat["size"] == 4 and b"data" in b"".join(stream))
    t.check("get_archive of what is not there", fails(lambda: c.get_archive("/nope"), docker.errors.NotFound, 404))
