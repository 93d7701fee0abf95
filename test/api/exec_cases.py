# SPDX-License-Identifier: Apache-2.0
"""exec: create, start, resize, inspect."""
import re

from suite import ID, call, frames, group, hijack, upto


@group
def execs(t):
    ident = t.create("ee")
    t("POST /containers/ee/exec", 409, re.compile("[Cc]ontainer (%s|ee) is not running" % ident), body={"Cmd": ["true"]})
    t.do("POST /containers/ee/start")
    t("POST /containers/ee/exec", 400, re.compile("[Nn]o exec command specified"), body={"Cmd": []})
    t("POST /containers/ee/exec", 400, re.compile("[Nn]o exec command specified"), body={})
    t("POST /containers/ee/exec", 400, re.compile("[Nn]o exec command specified"), body="", headers={"Content-Type": "application/json"})
    for name, value in {"Cmd": 1, "User": 1, "Tty": "x", "Privileged": "x", "Env": "x", "WorkingDir": 1, "AttachStdin": 1,
                        "AttachStdout": 1, "AttachStderr": 1, "DetachKeys": 1, "ConsoleSize": "x"}.items():
        if name != "ConsoleSize" or t.minor >= 42:
            t("POST /containers/ee/exec", 400, re.compile(name if name != "Cmd" else "."), body={"Cmd": ["true"], name: value})
    answer = t("POST /containers/ee/exec", 201, {"Id": ID}, body={"Cmd": ["sh", "-c", "echo o; echo e >&2; exit 4"],
                                                                 "AttachStdout": True, "AttachStderr": True})
    eid = answer.json["Id"]
    t("GET /exec/%s/json" % eid, 200, {
        "ID": eid, "Running": False, "ExitCode": None, "ProcessConfig.tty": False, "ProcessConfig.entrypoint": "sh",
        "ProcessConfig.arguments": ["-c", "echo o; echo e >&2; exit 4"], "ProcessConfig.privileged": False, "OpenStdin": False,
        "OpenStderr": True, "OpenStdout": True, "CanRemove": False, "ContainerID": ident, "DetachKeys": "", "Pid": 0})
    t("GET /containers/ee/json", 200, {"ExecIDs": [eid]})
    out = t("POST /exec/%s/start" % eid, 200, body={})
    t.check("its two streams", sorted(frames(out.body)) == [(1, b"o\n"), (2, b"e\n")], out.body)
    t.until(lambda: not call("GET", "/exec/%s/json" % eid).json["Running"])
    t("GET /exec/%s/json" % eid, 200, {"Running": False, "ExitCode": 4})
    ran = re.compile("[Ee]xec command %s has already run" % eid)
    t("POST /exec/%s/start" % eid, 200, ran, body={}, ours=(409, ran, "dockerd says it on the stream, behind the 200"))
    t("GET /exec/nope/json", 404, re.compile("No such exec instance: nope"))
    t("POST /exec/nope/start", 404, re.compile("No such exec instance: nope"), body={})
    t("POST /exec/nope/resize?h=1&w=1", 404, re.compile("No such exec instance: nope"))
    t("POST /exec/%s/start" % eid, 400, body="nonsense", headers={"Content-Type": "application/json"})


@group
def details(t):
    t.start("dd")

    def run(cmd, **more):
        eid = t.do("POST /containers/dd/exec", {"Cmd": cmd, "AttachStdout": True, "AttachStderr": True, **more}).json["Id"]
        body = call("POST", "/exec/%s/start" % eid, {"Tty": more.get("Tty", False)}).body
        return body.decode() if more.get("Tty") else b"".join(data for _, data in frames(body)).decode()

    t.check("Env", "X=y" in run(["env"], Env=["X=y"]))
    t.check("WorkingDir", run(["pwd"], WorkingDir="/etc") == "/etc\n")
    t.check("User", run(["id", "-u"], User="www") == "33\n")
    t.check("User with a group", run(["id", "-G"], User="www:extra").strip() == "44")
    t.check("Privileged", run(["grep", "CapEff", "/proc/self/status"], Privileged=True) != run(["grep", "CapEff", "/proc/self/status"]))
    t.check("Tty", run(["tty"], Tty=True).startswith("/dev/pts/"))
    t.check("no Tty", run(["tty"]) == "not a tty\n")
    for cmd, code in ((["no-such-program"], 127), (["/etc"], 126)):
        eid = t.do("POST /containers/dd/exec", {"Cmd": cmd, "AttachStdout": True, "AttachStderr": True}).json["Id"]
        answer = call("POST", "/exec/%s/start" % eid, {})
        t.check("%s: told" % cmd, cmd[0] in answer.text, "%d %s" % (answer.status, answer.text))
        t.check("%s: exit code" % cmd, call("GET", "/exec/%s/json" % eid).json["ExitCode"] in (code, 126),
                call("GET", "/exec/%s/json" % eid).text)
    t("POST /containers/dd/exec", 400, "unable to find user nobody-there: no matching entries in passwd file",
      body={"Cmd": ["true"], "User": "nobody-there"}, old=(201, None))
    eid = t.do("POST /containers/dd/exec", {"Cmd": ["sleep", "100"]}).json["Id"]
    t("POST /exec/%s/start" % eid, 200, "", body={"Detach": True})
    t("GET /exec/%s/json" % eid, 200, {"Running": True, "ExitCode": None, "Pid": lambda v: v > 0})
    t("POST /exec/%s/resize?h=x&w=1" % eid, 400)
    eid = t.do("POST /containers/dd/exec", {"Cmd": ["cat"], "AttachStdin": True, "AttachStdout": True}).json["Id"]
    sock, head = hijack("POST", "/exec/%s/start" % eid, {})
    t.check("101 UPGRADED", head.startswith("HTTP/1.1 101 UPGRADED\r\n"), head)
    sock.sendall(b"in\n")
    t.check("stdin", upto(sock, b"in\n") == b"\1\0\0\0\0\0\0\3in\n")
    sock.close()
    eid = t.do("POST /containers/dd/exec", {"Cmd": ["sh", "-c", "stty size; sleep 100"], "Tty": True, "AttachStdout": True,
                                           "ConsoleSize": [30, 90]}).json["Id"]
    sock, head = hijack("POST", "/exec/%s/start" % eid, {"Tty": True, "ConsoleSize": [30, 90]})
    if t.minor >= 42:
        t.check("ConsoleSize", upto(sock, b"\n") == b"30 90\r\n")
    t("POST /exec/%s/resize?h=10&w=20" % eid, 200, "")
    sock.close()
