# SPDX-License-Identifier: Apache-2.0
"""The same engine through the docker client: what a person types, what is printed, the exit code."""
import os
import re
import shlex
import subprocess

from suite import SOCKET, group

HEX = "[0-9a-f]{12}"


class Client:
    def __init__(self, t):
        self.t = t
        self.env = {**os.environ, "DOCKER_HOST": "unix://" + SOCKET, "DOCKER_CONFIG": "/nonexistent", "DOCKER_CLI_HINTS": "false"}

    def run(self, line, stdin=None):
        return subprocess.run(["docker", *shlex.split(line)], input=stdin, stdin=None if stdin else subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120, env=self.env)

    def __call__(self, line, code=0, out=None, err=None, stdin=None):
        """One case: strings are what is printed, patterns fit all of it (out) or are found in it (err)."""
        done = self.run(line, stdin)
        good = done.returncode in (code if isinstance(code, tuple) else (code,))
        if isinstance(out, str):
            good = good and done.stdout == out
        elif out:
            good = good and out.fullmatch(done.stdout)
        if isinstance(err, str):
            good = good and err in done.stderr
        elif err:
            good = good and err.search(done.stderr)
        self.t.check("docker " + line, good, "exit code %d\nstdout %r\nstderr %r" % (done.returncode, done.stdout[-1500:], done.stderr[-1500:]))
        return done.stdout


@group
def running(t):
    docker = Client(t)
    run = "run --rm --network none bb "
    docker(run + "echo hello", 0, "hello\n")
    docker(run + "sh -c 'exit 42'", 42)
    docker(run + "no-such-program", 127, "", "executable file not found in $PATH")
    docker(run + "/etc", (125, 126))  # older clients do not know the words
    docker(run + "sh -c 'echo out; echo err >&2'", 0, "out\n", "err\n")
    docker("run --rm -i --network none bb cat", 0, "typed\n", stdin="typed\n")
    docker("run --rm --network none -e A=1 -e B=2 bb sh -c 'echo $A$B'", 0, "12\n")
    docker("run --rm --network none -w /etc bb pwd", 0, "/etc\n")
    docker("run --rm --network none -u www bb id -un", 0, "www\n")
    docker("run --rm --network none -h box bb hostname", 0, "box\n")
    docker("run --rm --network none --entrypoint echo bb entry", 0, "entry\n")
    docker("run --rm --network none full", 0, "entry arg\n")
    docker("run --rm --network none full mine", 0, "entry mine\n")
    docker("run --rm --network none --read-only bb touch /x", 1, "", "Read-only file system")
    docker("run --rm --network none --tmpfs /t:size=64k bb sh -c 'grep \" /t \" /proc/mounts'", 0, re.compile("tmpfs /t tmpfs .*size=64k.*\n"))
    docker("run --rm --network none -v /etc/hostname:/h:ro bb sh -c 'cat /h >/dev/null && echo ok'", 0, "ok\n")
    docker("run --rm --network none -m 32m bb echo ok", 0, "ok\n")
    docker("run --rm --network none --ulimit nofile=77:88 bb sh -c 'ulimit -n'", 0, "77\n")
    docker("run --rm --network none --cap-drop ALL bb grep CapEff /proc/self/status", 0, re.compile("CapEff:\t0+\n"))
    docker("run --rm --network none --init bb cat /proc/1/comm", 0, re.compile("(docker|hoy)-init\n|tini\n|init\n"))
    docker("run --rm --network none --shm-size 1m bb sh -c 'df -k /dev/shm | tail -n 1'", 0, re.compile(r"shm +1024 .*\n"))
    docker("run --rm --network none --sysctl net.ipv4.ip_forward=0 bb cat /proc/sys/net/ipv4/ip_forward", 0, "0\n")
    docker("run --rm --network none --pids-limit 20 bb echo ok", 0, "ok\n")
    docker("run --rm --network none --label a=b bb echo ok", 0, "ok\n")
    docker("run --rm --network none nope-image true", 125, "", "nope-image")
    docker("run --rm --network none --name -x bb true", 125, "", "Invalid container name")
    docker("run --rm --network none -m 4k bb true", 125, "", "Minimum memory limit allowed is 6MB")
    docker("run --rm --network none -v bad:mode:odd bb true", 125)
    docker("run --rm --network nope bb true", 125, None, "network nope not found")
    docker("run --rm bb sh -c 'ip -4 addr show eth0 | grep -c inet'", 0, "1\n")


@group
def living(t):
    docker = Client(t)
    ident = docker("run -d --name box --network none bb sh -c 'echo started; exec sleep 1000'", 0, re.compile("[0-9a-f]{64}\n")).strip()
    docker("ps -q --no-trunc", 0, ident + "\n")
    docker("ps --format '{{.Names}} {{.State}} {{.Image}} {{.Command}}'", 0, "box running bb \"sh -c 'echo started…\"\n")
    docker("ps --format '{{.ID}}'", 0, ident[:12] + "\n")
    docker("ps", 0, re.compile("CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES\n%s +bb +.* ago +Up .* +box\n" % ident[:12]))
    docker("ps -a --filter status=exited -q", 0, "")
    docker("ps --filter nope=x", 1, "", re.compile("[Ii]nvalid filter 'nope'"))
    t.until(lambda: "started" in docker.run("logs box").stdout)
    docker("logs box", 0, "started\n")
    docker("logs --tail 0 box", 0, "")
    docker("logs -t box", 0, re.compile(r"\S+Z started\n"))
    docker("exec box echo in", 0, "in\n")
    docker("exec box sh -c 'exit 9'", 9)
    docker("exec box no-such", (126, 127), re.compile("(OCI runtime exec failed.*executable file not found in .PATH.*)?\r?\n?", re.S))
    docker("exec -i box cat", 0, "x\n", stdin="x\n")
    docker("exec -e Q=1 -w /etc -u www box sh -c 'echo $Q; pwd; id -un'", 0, "1\n/etc\nwww\n")
    docker("exec -d box true", 0, "")
    docker("inspect -f '{{.State.Status}} {{.Name}} {{.Config.Image}}' box", 0, "running /box bb\n")
    docker("inspect -f '{{json .Config.Cmd}}' box", 0, '["sh","-c","echo started; exec sleep 1000"]\n')
    docker("inspect -s -f '{{.SizeRw}}' box", 0, re.compile(r"\d+\n"))
    docker("inspect gone", 1, "[]\n", re.compile("[Nn]o such object: gone"))
    docker("inspect --type container gone", 1, "[]\n", "No such container: gone")
    docker("inspect --type image gone", 1, "[]\n", re.compile("[Nn]o such image: gone"))
    docker("container inspect box -f '{{.Id}}'", 0, ident + "\n")
    docker("top box -o pid,comm", 0, re.compile(r"PID +COMMAND\n\d+ +sleep\n"))
    docker("stats --no-stream --format '{{.Name}} {{.PIDs}}' box", 0, "box 1\n")
    docker("pause box", 0, "box\n")
    docker("ps --format '{{.Status}}'", 0, re.compile(r"Up .* \(Paused\)\n"))
    docker("unpause box", 0, "box\n")
    docker("port box", 0, "")
    docker("diff box", 0, "")
    docker("rename box box2", 0, "")
    docker("update -m 64m --memory-swap 64m box2", 0, "box2\n")
    docker("inspect -f '{{.HostConfig.Memory}}' box2", 0, "67108864\n")
    docker("restart -t 0 box2", 0, "box2\n")
    docker("kill -s KILL box2", 0, "box2\n")
    docker("wait box2", 0, "137\n")
    docker("start box2", 0, "box2\n")
    docker("rm box2", 1, "", re.compile("container is running|running container"))
    docker("stop -t 0 box2", 0, "box2\n")
    docker("kill box2", 1, "", "is not running")
    docker("rm box2", 0, "box2\n")
    docker("rm box2", 1, "", "No such container: box2")
    docker("rm -f box2", (0, 1))  # older clients call it a failure
    docker("logs gone", 1, "", "No such container: gone")
    docker("stop gone", 1, "", "No such container: gone")
    docker("exec gone true", 1, "", "No such container: gone")


@group
def things(t):
    docker = Client(t)
    docker("images --format '{{.Repository}}:{{.Tag}}' bb", 0, "bb:latest\n")
    docker("images -q --no-trunc bb", 0, re.compile("sha256:[0-9a-f]{64}\n"))
    docker("image inspect -f '{{.Os}}' bb", 0, "linux\n")
    docker("tag bb cli:1", 0, "")
    docker("rmi cli:1", 0, "Untagged: cli:1\n")
    docker("rmi cli:1", 1, "", "No such image: cli:1")
    docker("history -q full", 0, re.compile(HEX + "\n"))
    docker("create --name made --network none bb true", 0, re.compile("[0-9a-f]{64}\n"))
    docker("commit -m why made snap:1", 0, re.compile("sha256:[0-9a-f]{64}\n"))
    docker("rmi snap:1", 0)
    docker("container prune -f", 0, re.compile("Deleted Containers:\n[0-9a-f]{64}\n\nTotal reclaimed space: .*\n"))
    docker("network create --label a=b clinet", 0, re.compile("[0-9a-f]{64}\n"))
    docker("network create clinet", 1, "", "network with name clinet already exists")
    docker("network ls --filter name=clinet --format '{{.Name}} {{.Driver}} {{.Scope}}'", 0, "clinet bridge local\n")
    docker("network inspect -f '{{.Labels.a}}' clinet", 0, "b\n")
    docker("network inspect gone", 1, "[]\n", re.compile("network gone not found|No such network: gone"))
    docker("run --rm --network clinet --network-alias al bb sh -c 'ip -4 addr show eth0 | grep -c inet'", 0, "1\n")
    docker("network rm clinet", 0, "clinet\n")
    docker("network rm clinet", 1, "", re.compile("network clinet not found|No such network: clinet"))
    docker("volume create clivol", 0, "clivol\n")
    docker("volume ls --format '{{.Name}} {{.Driver}}'", 0, "clivol local\n")
    docker("volume inspect -f '{{.Scope}}' clivol", 0, "local\n")
    docker("run --rm --network none -v clivol:/v bb sh -c 'echo kept >/v/f'", 0, "")
    docker("run --rm --network none -v clivol:/v:ro bb cat /v/f", 0, "kept\n")
    docker("volume rm clivol", 0, "clivol\n")
    docker("volume rm clivol", 1, "", re.compile("[Nn]o such volume"))
    docker("volume inspect gone", 1, "[]\n", re.compile("[Nn]o such volume"))
    docker("info --format '{{.OSType}} {{.Swarm.LocalNodeState}}'", 0, "linux inactive\n")
    docker("version --format '{{.Server.APIVersion}}'", 0, "1.%d\n" % t.minor)
    docker("system df --format '{{.Type}}'", 0, "Images\nContainers\nLocal Volumes\nBuild Cache\n")
    docker("events --since 1 --until 2", 0, "")
    docker("node ls", 1, "", "This node is not a swarm manager")
    docker("service ls", 1, "", "This node is not a swarm manager")
    docker("plugin ls --format '{{.Name}}'", 0, "")
    docker("pull localhost:1/x", 1, None, "localhost:1")
    docker("login -u a -p b localhost:1", 1, None, "localhost:1")
    docker("run --name auto --rm -d --network none bb sleep 1000", 0, re.compile("[0-9a-f]{64}\n"))
    docker("rm -f auto", 0, "auto\n")
    docker("run --cidfile /proc/nope/x --network none bb true", (125, 127), "", "/proc/nope/x")
