# SPDX-License-Identifier: Apache-2.0
"""The same engine through Debian's python3-docker: what its objects make of the answers."""
import os

import docker

from suite import SOCKET, group


def client():
    return docker.DockerClient(base_url="unix://" + SOCKET, version="auto", timeout=60)


def fails(function, kind=docker.errors.APIError, status=None, text=""):
    """The error that a call ends with is of this kind, status and text."""
    try:
        function()
    except kind as error:
        return (status is None or error.response.status_code == status) and text in str(error)
    except docker.errors.DockerException:
        return False
    return False


@group
def system(t):
    d = client()
    t.check("ping", d.ping())
    t.check("version", d.version()["ApiVersion"] == "1.%d" % t.minor)
    t.check("info", d.info()["OSType"] == "linux")
    t.check("df", "LayersSize" in d.df() or "ImageUsage" in d.df(), d.df())
    t.check("login where nothing listens", fails(lambda: d.login("a", "b", registry="localhost:1")))
    events = d.events(since=1, until=2, decode=True)
    t.check("events of a past without any", list(events) == [])
    for version in ("1.40", "1.41"):
        old = docker.DockerClient(base_url="unix://" + SOCKET, version=version)
        t.check("version " + version, old.containers.list() == [])


@group
def containers(t):
    d = client()
    out = d.containers.run("bb", ["echo", "out"], network_mode="none", remove=True)
    t.check("run returns what it printed", out == b"out\n", out)
    t.check("stderr of run", d.containers.run("bb", "sh -c 'echo e >&2'", network_mode="none", stdout=False, stderr=True, remove=True) == b"e\n")
    t.check("run that fails", fails(lambda: d.containers.run("bb", ["false"], network_mode="none", remove=True), docker.errors.ContainerError))
    t.check("run of an unknown program", fails(lambda: d.containers.run("bb", ["nope"], network_mode="none", remove=True), status=400)
            or t.minor <= 41)
    t.check("an unknown image", fails(lambda: d.containers.create("nope-image"), docker.errors.ImageNotFound, 404))
    c = d.containers.run("bb", ["sleep", "1000"], detach=True, name="py", network_mode="none", labels={"a": "b"}, environment={"E": "1"},
                         mem_limit="64m", pids_limit=50, cpu_shares=300, working_dir="/tmp", hostname="host1", user="www",
                         volumes={"/tmp": {"bind": "/t", "mode": "ro"}}, tmpfs={"/run": "size=1m"}, init=True, read_only=True,
                         cap_add=["SYS_PTRACE"], cap_drop=["MKNOD"], extra_hosts={"h": "192.0.2.1"}, shm_size="1m",
                         ulimits=[docker.types.Ulimit(name="nofile", soft=100, hard=200)], sysctls={"net.ipv4.ip_forward": "0"},
                         healthcheck={"test": ["CMD", "true"], "interval": 10**12}, log_config=docker.types.LogConfig(type="json-file", config={"max-size": "1m"}),
                         restart_policy={"Name": "on-failure", "MaximumRetryCount": 2}, stop_signal="SIGKILL", oom_score_adj=500)
    t.check("status", c.status in ("created", "running"))
    c.reload()
    t.check("running", c.status == "running")
    t.check("name", c.name == "py")
    t.check("short_id", c.short_id in (c.id[:10], c.id[:12]))
    t.check("labels", c.labels == {"a": "b"})
    t.check("image", c.image.tags == ["bb:latest"])
    host, config = c.attrs["HostConfig"], c.attrs["Config"]
    for name, got, want in (("Memory", host["Memory"], 64 << 20), ("PidsLimit", host["PidsLimit"], 50), ("CpuShares", host["CpuShares"], 300),
                            ("Binds", host["Binds"], ["/tmp:/t:ro"]), ("Tmpfs", host["Tmpfs"], {"/run": "size=1m"}), ("Init", host["Init"], True),
                            ("ReadonlyRootfs", host["ReadonlyRootfs"], True), ("CapAdd", host["CapAdd"], ["CAP_SYS_PTRACE"]),
                            ("ExtraHosts", host["ExtraHosts"], ["h:192.0.2.1"]), ("ShmSize", host["ShmSize"], 1 << 20),
                            ("Ulimits", host["Ulimits"], [{"Name": "nofile", "Soft": 100, "Hard": 200}]), ("Hostname", config["Hostname"], "host1"),
                            ("User", config["User"], "www"), ("WorkingDir", config["WorkingDir"], "/tmp"), ("OomScoreAdj", host["OomScoreAdj"], 500)):
        t.check("attrs: " + name, got == want or (name == "CapAdd" and got == ["SYS_PTRACE"]), got)
    t.check("exec_run", c.exec_run(["id", "-u"]) == (0, b"33\n"), c.exec_run(["id", "-u"]))
    t.check("exec_run as root", c.exec_run("id -u", user="root").output == b"0\n")
    t.check("exec_run with an exit code", c.exec_run("sh -c 'exit 7'").exit_code == 7)
    t.check("exec_run demux", c.exec_run(["sh", "-c", "echo o; echo e >&2"], demux=True).output == (b"o\n", b"e\n"))
    t.check("exec_run environment", c.exec_run("env", environment={"Q": "z"}).output.find(b"Q=z") >= 0)
    t.check("exec_run workdir", c.exec_run("pwd", workdir="/etc").output == b"/etc\n")
    t.check("exec_run stream", b"".join(c.exec_run(["echo", "s"], stream=True).output) == b"s\n")
    t.check("exec_run tty", c.exec_run(["echo", "s"], tty=True).output == b"s\r\n")
    t.check("top", len(c.top()["Processes"]) >= 1)
    t.check("stats", c.stats(stream=False)["name"] == "/py")
    t.check("pause", c.pause() is None and d.containers.get("py").status == "paused")
    t.check("unpause", c.unpause() is None and d.containers.get("py").status == "running")
    t.check("update", "Warnings" in c.update(cpu_shares=400))
    t.check("rename", c.rename("py2") is None and d.containers.get("py2").id == c.id)
    t.check("restart", c.restart(timeout=0) is None)
    t.check("kill", c.kill("SIGKILL") is None)
    t.check("remove", c.remove(force=True) is None)
    t.check("gone", fails(lambda: d.containers.get("py2"), docker.errors.NotFound, 404, "No such container: py2"))
    c = d.containers.create("bb", ["sh", "-c", "echo one; echo two; exit 3"], network_mode="none", name="ww")
    c.start()
    t.check("wait", c.wait() in ({"StatusCode": 3}, {"StatusCode": 3, "Error": None}))
    t.check("logs", c.logs() == b"one\ntwo\n")
    t.check("logs tail", c.logs(tail=1) == b"two\n")
    t.check("logs stream", list(c.logs(stream=True))[0][:4] == b"one\n")
    t.check("logs timestamps", c.logs(timestamps=True).count(b"T") >= 2)
    t.check("diff", c.diff() in (None, []), c.diff())
    t.check("list all", "ww" in [x.name for x in d.containers.list(all=True)])
    t.check("list filters", d.containers.list(all=True, filters={"status": "paused"}) == [])
    t.check("export", len(b"".join(c.export())) > 10000)
    image = c.commit("pycommit", "1", message="m")
    t.check("commit", image.tags == ["pycommit:1"])
    d.images.remove("pycommit:1")
    t.check("start again", c.start() is None)
    c.wait()
    t.check("stop of one that is over", c.stop() is None)
    t.check("prune", c.id in d.containers.prune()["ContainersDeleted"])
    c = d.containers.create("bb", ["cat"], stdin_open=True, network_mode="none")
    sock = c.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1})
    c.start()
    os.write(sock.fileno(), b"typed\n")
    t.check("attach_socket", sock.read(14) == b"\1\0\0\0\0\0\0\6typed\n")
    sock.close()
    c.remove(force=True)


@group
def images(t):
    d = client()
    image = d.images.get("full")
    t.check("get", image.tags == ["full:latest"])
    t.check("labels", image.labels == {"kind": "full"})
    t.check("history", image.history()[0]["Tags"] == ["full:latest"])
    t.check("list", len(d.images.list()) == 2)
    t.check("list by name", [i.id for i in d.images.list("full")] == [image.id])
    t.check("list filters", d.images.list(filters={"dangling": True}) == [])
    t.check("tag", image.tag("pytag", "2"))
    t.check("the tag", d.images.get("pytag:2").id == image.id)
    saved = b"".join(d.images.get("pytag:2").save(named="pytag:2"))
    d.images.remove("pytag:2")
    t.check("remove", fails(lambda: d.images.get("pytag:2"), docker.errors.ImageNotFound, 404))
    t.check("load", [i.id for i in d.images.load(saved)] == [image.id])
    d.images.remove("pytag:2")
    t.check("remove of what is not there", fails(lambda: d.images.remove("pytag:2"), docker.errors.ImageNotFound, 404))
    t.check("pull where nothing listens", fails(lambda: d.images.pull("localhost:1/x", tag="1")))
    t.check("push where nothing listens", "error" in d.images.push("localhost:1/x", tag="1").lower() or t.minor <= 41)
    t.check("prune", d.images.prune()["SpaceReclaimed"] == 0)


@group
def networks_and_volumes(t):
    d = client()
    n = d.networks.create("pynet", labels={"a": "b"}, internal=True,
                          ipam=docker.types.IPAMConfig(pool_configs=[docker.types.IPAMPool(subnet="172.26.9.0/24")]))
    t.check("network", n.name == "pynet" and n.attrs["Internal"] is True)
    t.check("the same name", fails(lambda: d.networks.create("pynet", check_duplicate=True), status=409))
    t.check("list", [x.name for x in d.networks.list(names=["pynet"])] == ["pynet"])
    c = d.containers.run("bb", ["sleep", "100"], detach=True, network_mode="none")
    c2 = d.containers.run("bb", ["sleep", "100"], detach=True, network="pynet", name="py2")
    n.reload()
    t.check("its containers", [x.name for x in n.containers] == ["py2"])
    t.check("disconnect", n.disconnect(c2) is None)
    t.check("connect", n.connect(c2, ipv4_address="172.26.9.9") is None)
    c2.reload()
    t.check("the address", c2.attrs["NetworkSettings"]["Networks"]["pynet"]["IPAddress"] == "172.26.9.9")
    t.check("remove of one in use", fails(n.remove, status=403))
    c.remove(force=True)
    c2.remove(force=True)
    t.check("remove", n.remove() is None)
    v = d.volumes.create("pyvol", labels={"a": "b"})
    t.check("volume", v.name == "pyvol" and v.attrs["Driver"] == "local")
    t.check("volumes", [x.name for x in d.volumes.list()] == ["pyvol"])
    t.check("volumes by filter", d.volumes.list(filters={"dangling": False}) == [])
    out = d.containers.run("bb", ["sh", "-c", "echo x >/v/f; cat /v/f"], volumes={"pyvol": {"bind": "/v", "mode": "rw"}}, network_mode="none", remove=True)
    t.check("a volume in use", out == b"x\n")
    t.check("volume remove", v.remove() is None)
    t.check("volume that is gone", fails(lambda: d.volumes.get("pyvol"), docker.errors.NotFound, 404))
    t.check("prune", d.volumes.prune()["SpaceReclaimed"] == 0)
