# SPDX-License-Identifier: Apache-2.0
"""A container's life: start to remove, and looking at it meanwhile."""
import calendar
import io
import re
import socket
import tarfile
import threading
import time

from suite import ABSENT, TIME, call, connect, frames, group, hijack, upto


@group
def start_and_stop(t):
    ident = t.create("cc")
    t("POST /containers/cc/stop", 304, "")
    t("POST /containers/cc/kill", 409, re.compile("[Cc]annot kill container: cc: [Cc]ontainer %s is not running" % ident),
      old=(409, re.compile("Cannot kill container: cc: Container %s is not running" % ident)))
    t("POST /containers/cc/start", 204, "")
    t("POST /containers/cc/start", 304, "")
    t("GET /containers/cc/json", 200, {
        "State.Status": "running", "State.Running": True, "State.Pid": lambda v: v > 0, "State.StartedAt": TIME,
        "State.FinishedAt": "0001-01-01T00:00:00Z", "ResolvConfPath": re.compile("/.+"), "HostnamePath": re.compile("/.+"),
        "HostsPath": re.compile("/.+"), "LogPath": re.compile("/.+"), "NetworkSettings.SandboxKey": re.compile("/.+")})
    t("DELETE /containers/cc", 409, re.compile("cannot remove container .*cc.*: container is running: stop the container before removing or force remove"),
      old=(409, re.compile("You cannot remove a running container %s. Stop the container before attempting removal or force remove" % ident)))
    t("POST /containers/cc/stop?t=0", 204, "")
    t("POST /containers/cc/stop", 304, "")
    t("GET /containers/cc/json", 200, {"State.Status": "exited", "State.Running": False, "State.Pid": 0, "State.ExitCode": 137,
                                      "State.FinishedAt": TIME, "State.OOMKilled": False})
    t("POST /containers/cc/restart?t=0", 204, "")
    t("GET /containers/cc/json", 200, {"State.Status": "running", "State.ExitCode": 0, "RestartCount": 0})
    t("POST /containers/cc/restart?t=0&signal=KILL", 204, "")
    t("POST /containers/cc/stop?t=soon", 500, mistake=True)
    t("POST /containers/cc/restart?t=soon", 500, mistake=True)
    t("POST /containers/cc/stop?signal=SIGODD", 500, re.compile("[Ii]nvalid signal: SIGODD"), since=42, mistake=True)
    t("POST /containers/cc/stop?signal=SIGKILL&t=5", 204, since=42)
    t.do("POST /containers/cc/stop?t=0")
    t("DELETE /containers/cc", 204, "")
    t("GET /containers/cc/json", 404, "No such container: cc")
    t("DELETE /containers/cc", 404, "No such container: cc")


@group
def stop_signals(t):
    trap = ["sh", "-c", "trap 'exit 7' TERM; trap 'exit 8' USR1; echo ready; while :; do sleep 0.05; done"]

    def ready(name, **config):
        t.start(name, trap, **config)
        t.until(lambda: b"ready" in call("GET", "/containers/%s/logs?stdout=1" % name).body)

    ready("aa")
    t("POST /containers/aa/stop?t=10", 204)
    t("GET /containers/aa/json", 200, {"State.ExitCode": 7})
    ready("bb", StopSignal="SIGUSR1")
    t("POST /containers/bb/stop?t=10", 204)
    t("GET /containers/bb/json", 200, {"State.ExitCode": 8})
    ready("cc")
    t("POST /containers/cc/kill?signal=USR1", 204, "")
    t("POST /containers/cc/wait", 200, {"StatusCode": 8})
    ready("dd")
    t("POST /containers/dd/kill?signal=10", 204, "")
    t("POST /containers/dd/wait", 200, {"StatusCode": 8})
    ready("ee", StopTimeout=0, StopSignal="SIGWINCH")
    t("POST /containers/ee/stop", 204)
    t("GET /containers/ee/json", 200, {"State.ExitCode": 137})
    t.start("ff")
    t("POST /containers/ff/kill?signal=ODD", 400, re.compile("[Ii]nvalid signal: ODD"))
    t("POST /containers/ff/kill?signal=99", 400)
    t("POST /containers/ff/kill?signal=0", 400)
    t("POST /containers/ff/kill", 204, "")
    t("POST /containers/ff/wait", 200, {"StatusCode": 137})


@group
def failing_starts(t):
    t.create("missing", ["no-such-program"])
    t("POST /containers/missing/start", 400, re.compile('exec: .*no-such-program.*: executable file not found in \\$PATH'))
    t("GET /containers/missing/json", 200, {"State.Status": "created", "State.ExitCode": 127, "State.Error": re.compile(".*executable file not found.*", re.S)})
    t.create("directory", ["/etc"])
    t("POST /containers/directory/start", 400, re.compile("/etc"))
    t("GET /containers/directory/json", 200, {"State.ExitCode": 126})
    t("POST /containers/create?name=workdir", 500, re.compile("/etc/passwd"), body={"Image": "bb", "WorkingDir": "/etc/passwd/x"},
      ours=(201, None, "the directory is looked at when the container starts"))
    t.create("user", ["true"], User="nobody-there")
    t("POST /containers/user/start", 500, re.compile("unable to find user nobody-there: no matching entries in passwd file"), mistake=True)
    t.create("group", ["true"], User="root:nogroup-there")
    t("POST /containers/group/start", 500, re.compile("unable to find group nogroup-there: no matching entries in group file"), mistake=True)
    t.create("device", ["true"], HostConfig={"Devices": [{"PathOnHost": "/dev/nope", "PathInContainer": "/dev/nope", "CgroupPermissions": "rwm"}]})
    t("POST /containers/device/start", 500, re.compile('error gathering device information while adding custom device .*/dev/nope.*: (no such file or directory|not a device node)'), mistake=True)
    for mode in ("NetworkMode", "PidMode", "IpcMode"):
        made = call("POST", "/containers/create?name=joins", {"Image": "bb", "Cmd": ["true"], "HostConfig": {mode: "container:nope"}})
        if made.status == 201:
            made = call("POST", "/containers/joins/start")
        t.check("%s of a container that is not there" % mode, made.status >= 400 and "nope" in made.message,
                "%d %s" % (made.status, made.message))
        call("DELETE", "/containers/joins?force=1")


@group
def pauses(t):
    ident = t.start("pp")
    t("POST /containers/pp/pause", 204, "")
    t("GET /containers/pp/json", 200, {"State.Status": "paused", "State.Paused": True, "State.Running": True})
    t("POST /containers/pp/pause", 409, re.compile("[Cc]ontainer %s is already paused" % ident))
    t("POST /containers/pp/exec", 409, re.compile("[Cc]ontainer pp is paused, unpause the container before exec"), body={"Cmd": ["true"]})
    t("POST /containers/pp/start", None, re.compile("cannot start a paused container, try unpause instead"))
    t("GET /containers/json", 200, {"0.State": "paused", "0.Status": re.compile(r"Up .* \(Paused\)")})
    t("POST /containers/pp/unpause", 204, "")
    t("POST /containers/pp/unpause", None, re.compile("[Cc]ontainer %s is not paused" % ident))
    t("POST /containers/pp/stop?t=0", 204)
    t("POST /containers/pp/pause", 409, re.compile("[Cc]ontainer %s is not running" % ident), old=(409, re.compile("Container %s is not running" % ident)))
    t("POST /containers/pp/unpause", None, re.compile("is not (running|paused)"))


@group
def waits(t):
    t.create("ww", ["sh", "-c", "exit 5"])
    got = {}

    def wait(condition):
        got[condition] = call("POST", "/containers/ww/wait?condition=" + condition)

    threads = [threading.Thread(target=wait, args=(condition,)) for condition in ("next-exit", "removed")]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    t.do("POST /containers/ww/start")
    threads[0].join(30)
    t.check("next-exit", got["next-exit"].json["StatusCode"] == 5, got["next-exit"].text)
    t("POST /containers/ww/wait", 200, {"StatusCode": 5, "Error": lambda v: v is None})
    t("POST /containers/ww/wait?condition=not-running", 200, {"StatusCode": 5})
    t.check("removed: not yet", "removed" not in got)
    t.do("DELETE /containers/ww")
    threads[1].join(30)
    t.check("removed", "removed" in got and got["removed"].json["StatusCode"] == 5, got)
    t.create("w2")
    t("POST /containers/w2/wait?condition=maybe", 400, 'invalid condition: "maybe"', old=(200, None))
    t("POST /containers/w2/wait", 200, {"StatusCode": 0})


@group
def renames(t):
    t.create("one")
    two = t.create("two")
    t("POST /containers/one/rename?name=uno", 204, "")
    t("GET /containers/uno/json", 200, {"Name": "/uno"})
    t("POST /containers/uno/rename", 400, re.compile("[Nn]either old nor new names may be empty"))
    t("POST /containers/uno/rename?name=", 400, re.compile("[Nn]either old nor new names may be empty"))
    t("POST /containers/uno/rename?name=two", 409, re.compile('[Tt]he container name \\\\"/two\\\\" is already in use by container \\\\?"?%s' % two))
    t("POST /containers/uno/rename?name=a", 400, re.compile("[Ii]nvalid container name"))
    t("POST /containers/uno/rename?name=-x", 400, re.compile("[Ii]nvalid container name"))
    t("POST /containers/uno/rename?name=uno", 400, re.compile("[Rr]enaming a container with the same name as its current name"))
    t("POST /containers/uno/rename?name=/tres", 204, "")
    t("GET /containers/tres/json", 200, {"Name": "/tres"})


@group
def updates(t):
    t.create("uu", HostConfig={"Memory": 64 << 20, "MemorySwap": 128 << 20})
    t("POST /containers/uu/update", 200, {"Warnings": lambda v: v in (None, [])}, body={"Memory": 100 << 20, "CpuShares": 256, "PidsLimit": 50})
    t("GET /containers/uu/json", 200, {"HostConfig.Memory": 100 << 20, "HostConfig.CpuShares": 256, "HostConfig.PidsLimit": 50})
    t("POST /containers/uu/update", 200, body={"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2}})
    t("GET /containers/uu/json", 200, {"HostConfig.RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2}, "HostConfig.Memory": 100 << 20})
    t("POST /containers/uu/update", 200, {"Warnings": None}, old=(500, "EOF"), body="", headers={"Content-Type": "application/json"})
    t("POST /containers/uu/update", 400, re.compile("Memory"), body={"Memory": "x"})
    t("POST /containers/uu/update", 400, re.compile("Minimum memory limit allowed is 6MB"), body={"Memory": 4096})
    t("POST /containers/uu/update", 400, re.compile("invalid restart policy"), body={"RestartPolicy": {"Name": "odd"}})
    t("POST /containers/uu/update", None, re.compile("Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time"),
      body={"Memory": 900 << 20})
    t("POST /containers/uu/update", 400, re.compile("[Rr]ange of CPUs is from 0.01 to"), body={"NanoCpus": 10**13})
    t.create("auto", HostConfig={"AutoRemove": True})
    t("POST /containers/auto/update", None, re.compile("Restart policy cannot be updated because AutoRemove is enabled for the container"),
      body={"RestartPolicy": {"Name": "always"}})
    t.create("cpus", HostConfig={"NanoCpus": 10**9})
    t("POST /containers/cpus/update", None, re.compile("Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set"),
      body={"CpuPeriod": 10000})


@group
def removes(t):
    ident = t.start("rr")
    t("DELETE /containers/rr?force=0", 409)
    t("DELETE /containers/rr?force=1", 204, "")
    t.do("POST /containers/create?name=vv", {"Image": "full"})
    volume = call("GET", "/containers/vv/json").json["Mounts"][0]["Name"]
    t("DELETE /containers/vv", 204, "")
    t("GET /volumes/" + volume, 200, {"Name": volume})
    t.do("POST /containers/create?name=vv", {"Image": "full"})
    volume = call("GET", "/containers/vv/json").json["Mounts"][0]["Name"]
    t("DELETE /containers/vv?v=1", 204, "")
    t("GET /volumes/" + volume, 404)
    t("DELETE /containers/" + ident, 404)
    t.create("ll")
    t("DELETE /containers/ll?link=1", None, re.compile("."))
    t.start("auto", ["true"], HostConfig={"AutoRemove": True})
    t.until(lambda: call("GET", "/containers/auto/json").status == 404)
    t.check("AutoRemove", True)


@group
def tops(t):
    t.create("stopped")
    t("GET /containers/stopped/top", 409, re.compile("[Cc]ontainer [0-9a-f]{64} is not running"), old=(409, re.compile("is not running")))
    t.start("cc", ["sh", "-c", "sleep 1000; true"])
    t.until(lambda: len(call("GET", "/containers/cc/top").json["Processes"]) == 2)
    t("GET /containers/cc/top", 200, {"Titles": ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"],
                                     "Processes": lambda v: [row[7] for row in v] == ["sh -c sleep 1000; true", "sleep 1000"]})
    t("GET /containers/cc/top?ps_args=-o pid,comm", 200, {"Titles": ["PID", "COMMAND"], "Processes": lambda v: [row[1] for row in v] == ["sh", "sleep"]})
    t("GET /containers/cc/top?ps_args=aux", 200, {"Titles": ["USER", "PID", "%CPU", "%MEM", "VSZ", "RSS", "TTY", "STAT", "START", "TIME", "COMMAND"]})
    t("GET /containers/cc/top?ps_args=-o comm", None, re.compile("[Cc]ouldn't find PID field in ps output"))


@group
def logs(t):
    t.run("ll", ["sh", "-c", "echo one; sleep 0.2; echo two >&2; sleep 0.2; echo three"])
    t.create("tty", ["echo", "hello"], Tty=True)
    t.do("POST /containers/tty/start")
    t.do("POST /containers/tty/wait")
    t.create("none", ["echo", "x"], HostConfig={"LogConfig": {"Type": "none"}})
    t.do("POST /containers/none/start")
    t.do("POST /containers/none/wait")

    def read(more):
        return frames(call("GET", "/containers/ll/logs?" + more).body)

    for more, want in (("stdout=1&stderr=1", [(1, b"one\n"), (2, b"two\n"), (1, b"three\n")]), ("stdout=1", [(1, b"one\nthree\n")]),
                       ("stderr=1", [(2, b"two\n")]), ("stdout=1&stderr=1&tail=1", [(1, b"three\n")]),
                       ("stdout=1&stderr=1&tail=2", [(2, b"two\n"), (1, b"three\n")]), ("stdout=1&tail=all", [(1, b"one\nthree\n")]),
                       ("stdout=1&tail=0", []), ("stdout=1&tail=x", [(1, b"one\nthree\n")]), ("stdout=1&tail=-1", [(1, b"one\nthree\n")]),
                       ("stdout=1&follow=1", [(1, b"one\nthree\n")]), ("stdout=1&stderr=0", [(1, b"one\nthree\n")]),
                       ("stdout=1&since=1", [(1, b"one\nthree\n")]), ("stdout=1&until=1", []),
                       ("stdout=1&since=%d" % (time.time() + 100), [])):
        t.check("logs?" + more, read(more) == want, read(more))
    stamped = [line for _, text in read("stdout=1&stderr=1&timestamps=1") for line in text.decode().splitlines()]
    t.check("timestamps", [re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (\w+)", line)[1] for line in stamped] == ["one", "two", "three"], stamped)
    middle = "%s.%s" % (calendar.timegm(time.strptime(stamped[1][:19], "%Y-%m-%dT%H:%M:%S")), stamped[1][20:29])
    t.check("since a time", read("stdout=1&stderr=1&since=" + middle)[0] == (2, b"two\n"), read("stdout=1&stderr=1&since=" + middle))
    t.check("until a time", (1, b"three\n") not in read("stdout=1&stderr=1&until=" + middle))
    t("GET /containers/tty/logs?stdout=1", 200, "hello\r\n")
    t("GET /containers/ll/logs", 400, "Bad parameters: you must choose at least one stream")
    t("GET /containers/ll/logs?stdout=0", 400, "Bad parameters: you must choose at least one stream")
    t("GET /containers/ll/logs?stdout=1&since=x", 500, mistake=True)
    t("GET /containers/none/logs?stdout=1", None, re.compile("configured logging driver does not support reading|^$"))
    multiplexed = call("GET", "/containers/ll/logs?stdout=1").headers["Content-Type"]
    t.check("content type", multiplexed == ("application/vnd.docker.multiplexed-stream" if t.minor >= 42 else "application/octet-stream")
            or t.minor <= 41, multiplexed)
    t.create("never")
    t("GET /containers/never/logs?stdout=1", 200, "")


@group
def stats(t):
    t.start("ss", HostConfig={"NetworkMode": "bridge"})
    one = t("GET /containers/ss/stats?stream=0&one-shot=1", 200, {
        "read": TIME, "preread": "0001-01-01T00:00:00Z", "pids_stats.current": lambda v: v >= 1, "blkio_stats": dict,
        "num_procs": 0, "storage_stats": {}, "cpu_stats.cpu_usage.total_usage": int, "cpu_stats.cpu_usage.usage_in_usermode": int,
        "cpu_stats.cpu_usage.usage_in_kernelmode": int, "cpu_stats.system_cpu_usage": int, "cpu_stats.online_cpus": int,
        "cpu_stats.throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0},
        "precpu_stats.cpu_usage.total_usage": 0, "memory_stats.usage": int, "memory_stats.limit": int, "memory_stats.stats": dict,
        "networks.eth0.rx_bytes": int, "networks.eth0.rx_packets": int,
        "networks.eth0.rx_errors": 0, "networks.eth0.rx_dropped": int, "networks.eth0.tx_bytes": int,
        "networks.eth0.tx_packets": int, "networks.eth0.tx_errors": 0, "networks.eth0.tx_dropped": int})
    t.check("stats are of the container", one.json["memory_stats"]["usage"] < 1 << 30)
    t("GET /containers/ss/stats?stream=0", 200, {"name": "/ss", "id": re.compile("[0-9a-f]{64}"), "precpu_stats.cpu_usage.total_usage": lambda v: v > 0, "precpu_stats.system_cpu_usage": int})
    with connect() as sock:
        sock.sendall(b"GET /containers/ss/stats HTTP/1.1\r\nHost: x\r\n\r\n")
        upto(sock, b"\r\n\r\n")
        upto(sock, b"}\n")
        t.check("a second sample comes", b'"read"' in upto(sock, b"}\n"))
    t.create("idle")
    t("GET /containers/idle/stats?stream=0", 200, {"read": "0001-01-01T00:00:00Z", "name": "/idle", "memory_stats": {}, "cpu_stats.cpu_usage.total_usage": 0})


@group
def resizes(t):
    t.start("zz", ["sh", "-c", "trap 'stty size' WINCH; echo up; while :; do sleep 0.05; done"], Tty=True)
    t.until(lambda: b"up" in call("GET", "/containers/zz/logs?stdout=1").body)
    t("POST /containers/zz/resize?h=40&w=100", 200, "")
    t.until(lambda: b"40 100" in call("GET", "/containers/zz/logs?stdout=1").body)
    t.check("the terminal has the size", True)
    t("POST /containers/zz/resize?h=x&w=1", 400)
    t("POST /containers/zz/resize?h=1", 400)
    t("POST /containers/zz/resize?h=-1&w=1", 400, old=(200, None))
    t("POST /containers/zz/resize?h=4294967296&w=1", 400, old=(200, None))
    t.create("off", Tty=True)
    t("POST /containers/off/resize?h=1&w=1", 409, re.compile("is not running"))


@group
def files(t):
    t.run("ff", ["sh", "-c", "echo x >/new; rm /etc/group; mkdir /dir; echo y >>/etc/passwd"])
    t("GET /containers/ff/changes", 200, lambda v: sorted((c["Path"], c["Kind"]) for c in v) == [
        ("/dir", 1), ("/etc", 0), ("/etc/group", 2), ("/etc/passwd", 0), ("/new", 1)])
    t.create("same")
    t("GET /containers/same/changes", 200, "null")
    answer = t("GET /containers/ff/export", 200)
    with tarfile.open(fileobj=io.BytesIO(answer.body)) as tar:
        names = tar.getnames()
        t.check("export has the files as they are now", "new" in names and "etc/group" not in names and "bin/busybox" in names, names[:20])
        t.check("and their contents", tar.extractfile("new").read() == b"x\n")


@group
def attaches(t):
    t.create("aa", ["cat"], OpenStdin=True, StdinOnce=True, AttachStdin=True)
    sock, head = hijack("POST", "/containers/aa/attach?stream=1&stdin=1&stdout=1")
    t.check("101 UPGRADED", head.startswith("HTTP/1.1 101 UPGRADED\r\n") and "Upgrade: tcp" in head and "Connection: Upgrade" in head, head)
    kind = "multiplexed" if t.minor >= 42 else "raw"
    t.check("content type", "Content-Type: application/vnd.docker.%s-stream" % kind in head, head)
    t.do("POST /containers/aa/start")
    sock.sendall(b"typed\n")
    t.check("what is typed comes back", upto(sock, b"typed\n") == b"\1\0\0\0\0\0\0\6typed\n")
    sock.shutdown(socket.SHUT_WR)
    t.check("the half-closed stdin ends cat", sock.recv(1) == b"")
    t("POST /containers/aa/wait", 200, {"StatusCode": 0})
    t.run("done", ["echo", "was"])
    answer = t("POST /containers/done/attach?logs=1&stdout=1", 200)
    t.check("logs of one that is over", frames(answer.body) == [(1, b"was\n")], answer.body)
    t("POST /containers/done/attach?stream=1&stdout=1&detachKeys=x,y,zz", 400)
    t.start("pp")
    t.do("POST /containers/pp/pause")
    t("POST /containers/pp/attach?stream=1&stdout=1", 409, re.compile("is paused, unpause the container before attach"))
    t.create("tt", ["cat"], Tty=True, OpenStdin=True)
    t.do("POST /containers/tt/start")
    sock, head = hijack("POST", "/containers/tt/attach?stream=1&stdin=1&stdout=1&detachKeys=ctrl-a,b")
    t.check("a terminal is raw", "application/vnd.docker.raw-stream" in head, head)
    sock.sendall(b"hi\n")
    t.check("echo of the terminal", upto(sock, b"hi\r\nhi\r\n") == b"hi\r\nhi\r\n")
    sock.sendall(b"\1b")
    upto_end = b""
    while True:
        part = sock.recv(100)
        if not part:
            break
        upto_end += part
    t.check("the detach keys end the stream", b"b" not in upto_end, upto_end)
    t("GET /containers/tt/json", 200, {"State.Running": True})
