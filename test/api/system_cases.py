# SPDX-License-Identifier: Apache-2.0
"""version, info, df, auth, events and prunes of everything."""
import json
import re
import threading
import time
from urllib.parse import quote

from suite import ABSENT, ENGINE, TIME, call, group


def filters(**values):
    return quote(json.dumps({name: value if isinstance(value, list) else [value] for name, value in values.items()}))


@group
def version(t):
    t("GET /version", 200, {"Version": str, "ApiVersion": "1.%d" % t.minor, "MinAPIVersion": str, "Os": "linux", "Arch": str,
                            "KernelVersion": str, "GitCommit": str, "GoVersion": str,
                            "Platform.Name": str, "Components.0.Name": "Engine", "Components.0.Version": str,
                            "Components.0.Details.ApiVersion": "1.%d" % t.minor, "Components.0.Details.Os": "linux",
                            "Components.0.Details.Experimental": "false", "Experimental": ABSENT})


@group
def info(t):
    t.start("up")
    t.create("new")
    answer = t("GET /info", 200, {"Containers": 2, "ContainersRunning": 1, "ContainersStopped": 1, "ContainersPaused": 0,
                                  "Images": int, "Driver": str, "DriverStatus": lambda v: v is None or isinstance(v, list), "Plugins.Volume": ["local"],
                                  "Plugins.Network": lambda value: {"bridge", "host", "null"} <= set(value),
                                  "Plugins.Authorization": None, "Plugins.Log": lambda value: "json-file" in value,
                                  "MemoryLimit": bool, "SwapLimit": bool, "CpuCfsPeriod": bool, "CpuCfsQuota": bool,
                                  "CPUShares": bool, "CPUSet": bool, "PidsLimit": bool, "IPv4Forwarding": bool, "Debug": bool,
                                  "NFd": int, "OomKillDisable": bool, "NGoroutines": int, "SystemTime": TIME,
                                  "LoggingDriver": "json-file", "CgroupDriver": "cgroupfs", "CgroupVersion": re.compile("[12]"),
                                  "NEventsListener": int, "KernelVersion": str, "OperatingSystem": str, "OSVersion": str,
                                  "OSType": "linux", "Architecture": str, "IndexServerAddress": "https://index.docker.io/v1/",
                                  "RegistryConfig.InsecureRegistryCIDRs": list, "RegistryConfig.Mirrors": lambda v: v in (None, []),
                                  "RegistryConfig.IndexConfigs": dict, "NCPU": int, "MemTotal": int, "GenericResources": lambda v: v is None,
                                  "DockerRootDir": str, "HttpProxy": str, "HttpsProxy": str, "NoProxy": str, "Name": str,
                                  "Labels": list, "ExperimentalBuild": False, "ServerVersion": str, "Runtimes": dict,
                                  "DefaultRuntime": str, "Swarm.LocalNodeState": "inactive", "LiveRestoreEnabled": bool,
                                  "Isolation": "", "InitBinary": str, "ContainerdCommit.ID": str, "RuncCommit.ID": str,
                                  "InitCommit.ID": str, "SecurityOptions": list, "ID": str,
                                  "Warnings": lambda value: value is None or isinstance(value, list)})
    value = answer.json
    t.check("the containers add up", value["Containers"] == value["ContainersRunning"] + value["ContainersPaused"] + value["ContainersStopped"])
    t.check("the default runtime is one of the runtimes", value["DefaultRuntime"] in value["Runtimes"])


@group
def disk_usage(t):
    t.create("one")
    t.do("POST /volumes/create", {"Name": "vol"})
    old = t("GET /v1.41/system/df", 200, {"LayersSize": int, "Images": list, "Containers": list, "Volumes": list})
    t.check("1.41: the container", [item["Names"] for item in old.json["Containers"]] == [["/one"]])
    t.check("1.41: the volume with its use", [item["UsageData"]["RefCount"] for item in old.json["Volumes"]] == [0])
    t("GET /v1.42/system/df?type=container", 200, {"Containers": lambda v: len(v) == 1, "Volumes": lambda v: v is None, "Images": lambda v: v is None}, since=42)
    t("GET /v1.42/system/df?type=volume", 200, {"Volumes": lambda v: len(v) == 1, "Containers": lambda v: v is None}, since=42)
    t("GET /v1.42/system/df?type=image&type=build-cache", 200, {"Images": list, "BuildCache": list, "Volumes": lambda v: v is None}, since=42)
    t("GET /v1.42/system/df?type=nope", 400, "unknown object type: nope", since=42)


@group
def auth(t):
    t("POST /auth", 500, body="nonsense", headers={"Content-Type": "application/json"}, ours=(400, None, "a mistake of the client"))
    refused = t("POST /auth", None, body={"username": "a", "password": "b", "serveraddress": "localhost:1"})
    t.check("a registry that is not there", refused.status >= 400 and "localhost:1" in refused.message, refused.text)


@group
def events_past(t):
    since = time.time()
    t.run("ev", ["true"], Labels={"mine": "1"})
    t.do("POST /containers/ev/rename?name=ev2")
    t.do("DELETE /containers/ev2")
    t.do("POST /volumes/create", {"Name": "evol"})
    t.do("DELETE /volumes/evol")
    t.do("POST /networks/create", {"Name": "evnet"})
    t.do("DELETE /networks/evnet")
    t.do("POST /images/bb/tag?repo=evtag&tag=1")
    t.do("DELETE /images/evtag:1")
    time.sleep(0.02)
    window = "since=%.9f&until=%.9f" % (since, time.time())

    def names(more=""):
        answer = call("GET", "/events?%s%s" % (window, more))
        # hoyd tells of connections to networks of the user only, see below
        return ["%s %s" % (line["Type"], line["Action"]) for line in answer.lines if "connect" not in line["Action"]]

    def filtered(**values):
        return names("&filters=" + filters(**values))

    life = ["container create", "container start", "container die", "container rename", "container destroy"]
    got = names()
    t.check("a container's life", [n for n in got if n.startswith("container")] == life, got)
    t.check("volumes and networks and images",
            [n for n in got if n not in life] == ["volume create", "volume destroy", "network create", "network destroy",
                                                  "image tag", "image untag"], got)
    t.check("type=container", all(n.startswith("container ") for n in filtered(type="container")))
    t.check("type=volume", filtered(type="volume") == ["volume create", "volume destroy"])
    t.check("type=[volume, network]", len(filtered(type=["volume", "network"])) == 4, filtered(type=["volume", "network"]))
    t.check("event=die", filtered(event="die") == ["container die"])
    t.check("container=ev2", "container destroy" in filtered(container="ev2"))
    t.check("container=nope", filtered(container="nope") == [])
    t.check("image=bb", "container create" in filtered(image="bb"), filtered(image="bb"))
    t.check("label=mine", "container start" in filtered(label="mine"))
    t.check("label=mine=1", "container start" in filtered(label="mine=1"))
    t.check("label=mine=2", filtered(label="mine=2") == [])
    t.check("volume=evol", filtered(volume="evol") == ["volume create", "volume destroy"])
    t.check("network=evnet", filtered(network="evnet") == ["network create", "network destroy"])
    t.check("scope=local", filtered(scope="local") == got)
    t.check("scope=swarm", filtered(scope="swarm") == [])
    t.check("daemon=nope", filtered(daemon="nope") == [])
    lines = call("GET", "/events?" + window).lines
    first = [line for line in lines if line["Action"] == "create" and line["Type"] == "container"][0]
    t.check("Actor", first["Actor"]["Attributes"]["name"] == "ev" and first["Actor"]["Attributes"]["mine"] == "1"
            and first["Actor"]["Attributes"]["image"] == "bb", first)
    t.check("scope, time and timeNano", first["scope"] == "local" and first["timeNano"] // 10**9 == first["time"], first)
    die = [line for line in lines if line["Action"] == "die"][0]
    t.check("die tells the exit code", die["Actor"]["Attributes"]["exitCode"] == "0", die)
    t.check("die tells how long it ran", die["Actor"]["Attributes"].get("execDuration", "0") == "0", die)
    rename = [line for line in lines if line["Action"] == "rename"][0]
    t.check("rename tells the old name", rename["Actor"]["Attributes"]["oldName"] == "/ev", rename)
    if t.minor > 51 or t.minor <= 41:
        old = call("GET", "/v1.41/events?" + window).lines[0]
        t.check("1.41: status, id and from", {"status", "id", "from"} <= set(old) or old["Type"] != "container", old)


@group
def events_of_networks(t):
    since = time.time()
    t.do("POST /networks/create", {"Name": "evnet"})
    ident = t.run("onnet", ["true"], HostConfig={"NetworkMode": "evnet"})

    def told():
        return call("GET", "/events?since=%.9f&until=%.9f&filters=%s" % (since, time.time(), filters(network="evnet"))).lines

    t.until(lambda: len(told()) >= 3)  # it may be over a moment before it has left
    got = told()
    t.check("connect and disconnect", [line["Action"] for line in got] == ["create", "connect", "disconnect"], (ident, got))
    attributes = got[1]["Actor"]["Attributes"]
    t.check("who is connected to what", attributes["name"] == "evnet" and attributes["type"] == "bridge"
            and attributes["container"] == call("GET", "/containers/onnet/json").json["Id"], attributes)


@group
def events_of_predefined_networks(t):
    for mode, kind in (("bridge", "bridge"), ("host", "host"), ("none", "null")):
        since = time.time()
        ident = t.start("in" + mode, ["true"], HostConfig={"NetworkMode": mode})

        def told():
            lines = call("GET", "/events?since=%.9f&until=%.9f" % (since, time.time())).lines
            return [line for line in lines if ident in (line["Actor"]["ID"], line["Actor"]["Attributes"].get("container"))]

        t.until(lambda: len(told()) >= 5)
        got = told()
        t.check(mode + ": a run between two of its network", [line["Type"] + " " + line["Action"] for line in got] == [
            "container create", "network connect", "container start", "container die", "network disconnect"], got)
        t.check(mode + ": what they tell", all(line["Actor"]["Attributes"] == {"container": ident, "name": mode, "type": kind}
                for line in got if line["Type"] == "network"), got)
    since = time.time()
    t.create("wrong", ["/no/such/program"], HostConfig={"NetworkMode": "bridge"})
    t("POST /containers/wrong/start", 400)
    got = call("GET", "/events?since=%.9f&until=%.9f" % (since, time.time())).lines
    t.check("a start that fails is neither start nor die", [line["Type"] + " " + line["Action"] for line in got] == [
        "container create", "network connect", "network disconnect"], got)


@group
def events_now(t):
    got = []

    def listen():
        got.extend(call("GET", "/events?since=%.9f&until=%d&filters=%s" % (time.time(), time.time() + 3, filters(event="create", type="container"))).lines)

    thread = threading.Thread(target=listen)
    thread.start()
    time.sleep(0.3)
    t.create("live")
    thread.join(20)
    t.check("what happens while somebody listens", [line["Actor"]["Attributes"]["name"] for line in got] == ["live"], got)
    t("GET /events?since=20&until=10", 400, "`since` time (20) cannot be after `until` time (10)")
    t("GET /events?since=yesterday", 500, mistake=True)
    t("GET /events?filters=nonsense&until=1", 400)
    t("GET /events?filters=%s&until=1" % filters(type="nope"), 200, "")
    t("GET /events?until=1&filters=" + filters(nope="x"), 200, ours=(400, "invalid filter 'nope'", "dockerd takes any name here"))
    t.check("until alone is the past", "live" in call("GET", "/events?until=%.9f" % time.time()).text)


@group
def prunes(t):
    t.create("stays", Labels={"keep": "1"})
    t.create("goes")
    t("POST /containers/prune?filters=" + filters(**{"label!": "keep"}), 200, {"ContainersDeleted": lambda v: len(v) == 1, "SpaceReclaimed": int})
    t("POST /containers/prune?filters=" + filters(until="1h"), 200, {"ContainersDeleted": None})
    t("POST /containers/prune?filters=" + filters(label="nope"), 200, {"ContainersDeleted": None})
    t("POST /containers/prune?filters=" + filters(label="keep=1"), 200, {"ContainersDeleted": lambda v: len(v) == 1})
    for path in ("/containers/prune", "/images/prune", "/networks/prune", "/volumes/prune", "/build/prune"):
        t("POST %s?filters=%s" % (path, filters(nope="x")), 400, re.compile("[Ii]nvalid filter 'nope'"), old=(400, re.compile("Invalid filter 'nope'")))
        t("POST %s?filters=nonsense" % path, 400)
    t("POST /containers/prune?filters=" + filters(until=["1h", "2h"]), 400, "more than one until filter specified")
    t("POST /containers/prune?filters=" + filters(until="soon"), 400)
    t("POST /networks/prune?filters=" + filters(until="1h"), 200, {"NetworksDeleted": None})
    t("POST /build/prune", 200, {"SpaceReclaimed": 0, "CachesDeleted": None})
