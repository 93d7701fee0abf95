# SPDX-License-Identifier: Apache-2.0
"""Images: list, look, tag, remove, import, save and load, commit, prune, and what a registry is needed for."""
import io
import json
import re
import tarfile
from urllib.parse import quote

from suite import ABSENT, TIME, call, group

SHA = re.compile("sha256:[0-9a-f]{64}")


def filters(**values):
    return quote(json.dumps({name: value if isinstance(value, list) else [value] for name, value in values.items()}))


def tags(more=""):
    return sorted(tag for item in call("GET", "/images/json?" + more).json for tag in item["RepoTags"] or [])


@group
def listed(t):
    t("GET /images/json", 200, lambda v: sorted(tag for item in v for tag in item["RepoTags"]) == ["bb:latest", "full:latest"])
    t("GET /images/json", 200, {"0.Id": SHA, "0.ParentId": "", "0.RepoTags": list, "0.RepoDigests": lambda v: v is None or isinstance(v, list), "0.Created": int,
                                "0.Size": int, "0.SharedSize": -1, "0.Containers": int})
    t("GET /v1.43/images/json", 200, {"0.VirtualSize": int}, since=43)
    t("GET /images/json?shared-size=1", 200, {"0.SharedSize": lambda v: v >= 0}, since=42)
    t("GET /images/json?digests=1", 200, {"0.RepoDigests": lambda v: v is None or isinstance(v, list)})
    t.do("POST /images/bb/tag?repo=other/name&tag=1.0")
    for want, values in ((["bb:latest"], {"reference": "bb"}), (["bb:latest"], {"reference": "bb:latest"}), (["bb:latest"], {"reference": "b*"}),
                         (["other/name:1.0"], {"reference": "other/*"}), (["other/name:1.0"], {"reference": "*/*:1.*"}), ([], {"reference": "nope"}),
                         (["bb:latest", "full:latest"], {"reference": ["bb", "full"]}), (["full:latest"], {"label": "kind=full"}),
                         (["full:latest"], {"label": "kind"}), ([], {"label": "kind=x"}), ([], {"dangling": "true"}),
                         (["bb:latest", "full:latest", "other/name:1.0"], {"dangling": "false"}), (["full:latest"], {"since": "bb"}),
                         (["bb:latest", "other/name:1.0"], {"before": "full"}), ([], {"before": "bb"})):
        got = tags("filters=" + filters(**values))
        t.check("%s" % values, got == want, got)
    t("GET /images/json?filters=" + filters(nope="x"), 400, "invalid filter 'nope'", old=(400, "Invalid filter 'nope'"))
    t("GET /images/json?filters=" + filters(dangling="x"), 400)
    t("GET /images/json?filters=" + filters(before="nope"), 404, "No such image: nope:latest")
    t("GET /images/json?filters=nonsense", 400)
    t("DELETE /images/other/name:1.0", 200, [{"Untagged": "other/name:1.0"}])


@group
def looked_at(t):
    answer = t("GET /images/full/json", 200, {
        "Id": SHA, "RepoTags": ["full:latest"], "RepoDigests": list, "Comment": str, "Created": TIME, "Author": "",
        "Architecture": str, "Os": "linux", "Size": int, "RootFS.Type": "layers", "RootFS.Layers": lambda v: len(v) == 1,
        "Metadata.LastTagTime": TIME, "Config.Cmd": ["arg"], "Config.Entrypoint": ["echo", "entry"],
        "Config.Labels": {"kind": "full"}, "Config.ExposedPorts": {"80/tcp": {}}, "Config.Volumes": {"/data": {}},
        "Config.WorkingDir": "/tmp", "Config.User": "www"})
    ident = answer.json["Id"]
    for ref in ("full:latest", ident, ident[7:], ident[7:19], "docker.io/library/full", "library/full", "docker.io/full:latest"):
        t("GET /images/%s/json" % ref, 200, {"Id": ident})
    t("GET /images/nope/json", 404, "No such image: nope:latest", old=(404, re.compile("no such image: nope: No such image: nope:latest")))
    t("GET /images/nope:1/json", 404, re.compile("No such image: nope:1$"))
    t("GET /images/a/b/c:1/json", 404, re.compile("No such image: a/b/c:1$"))
    t("GET /images/UPPER/json", None)
    t("GET /images/full/history", 200, {"0.Id": ident, "0.Created": int, "0.CreatedBy": str, "0.Tags": ["full:latest"], "0.Size": int,
                                        "0.Comment": str})
    t("GET /images/nope/history", 404, re.compile("No such image: nope"))


@group
def tagged(t):
    ident = call("GET", "/images/bb/json").json["Id"]
    t("POST /images/bb/tag?repo=new&tag=1", 201, "")
    t("POST /images/bb/tag?repo=new", 201, "")
    t("POST /images/%s/tag?repo=localhost:5000/x/y&tag=z" % ident, 201, "")
    t("GET /images/new:1/json", 200, {"Id": ident, "RepoTags": lambda v: {"new:1", "new:latest", "localhost:5000/x/y:z"} <= set(v)})
    t("POST /images/bb/tag?repo=UPPER", 400, re.compile("invalid reference format"))
    t("POST /images/bb/tag?repo=a&tag=b c", 400, re.compile("invalid (tag|reference) format"))
    t("POST /images/bb/tag", 200, ours=(400, re.compile("invalid reference format"), "a name is needed"), old=(500, None))
    t("POST /images/nope/tag?repo=x", 404, re.compile("No such image: nope"))
    t("POST /images/full/tag?repo=new&tag=1", 201, "")
    t("GET /images/new:1/json", 200, {"RepoTags": lambda v: "full:latest" in v})
    t("DELETE /images/new:1", 200, [{"Untagged": "new:1"}])
    t("DELETE /images/new", 200, [{"Untagged": "new:latest"}])
    t("DELETE /images/localhost:5000/x/y:z?force=1", 200, [{"Untagged": "localhost:5000/x/y:z"}])
    t("DELETE /images/nope", 404, re.compile("No such image: nope"))
    t("DELETE /images/new:1", 404, "No such image: new:1")


@group
def imported(t):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        info = tarfile.TarInfo("hello")
        info.size = 3
        tar.addfile(info, io.BytesIO(b"hi\n"))
    archive = data.getvalue()
    query = "fromSrc=-&repo=imp&tag=1&message=why&changes=" + quote("CMD [\"x\"]") + "&changes=" + quote("ENV K=v")
    answer = t("POST /images/create?" + query, 200, re.compile('"status":"sha256:[0-9a-f]{64}"'), body=archive)
    ident = answer.lines[-1]["status"]
    t("GET /images/imp:1/json", 200, {"Id": ident, "Comment": "why", "Config.Cmd": ["x"], "Config.Env": ["K=v"]})
    t("GET /images/imp:1/history", 200, {"0.Comment": "why", "0.Size": int})
    t("POST /images/create?fromSrc=-&repo=imp&changes=NOPE%20x", 400, body=archive)
    t("POST /images/create?fromSrc=-&repo=UPPER", 400, re.compile("invalid reference format|repository name .* must be lowercase"), body=archive)
    t("POST /images/create?fromSrc=-&repo=imp&tag=2&platform=nope/nope/nope/nope", None, body=archive)
    bad = t("POST /images/create?fromSrc=-&repo=bad", None, body=b"no archive at all, this")
    t.check("what is no archive leaves no image", call("GET", "/images/bad/json").status == 404, bad.text)
    saved = t("GET /images/imp:1/get", 200)
    with tarfile.open(fileobj=io.BytesIO(saved.body)) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))
        t.check("the archive names the image", manifest[0]["RepoTags"] == ["imp:1"], manifest)
    t("GET /images/get?names=imp:1&names=bb", 200)
    t("GET /images/get?names=nope", 404, re.compile("No such image: nope"))
    t("GET /images/nope/get", 404, re.compile("No such image: nope"))
    t("DELETE /images/imp:1", 200, lambda v: v[0] == {"Untagged": "imp:1"} and {"Deleted": ident} in v)
    t("POST /images/load?quiet=1", 200, re.compile("Loaded image: imp:1"), body=saved.body, headers={"Content-Type": "application/x-tar"})
    t("GET /images/imp:1/json", 200, {"Id": ident})
    t("POST /images/load", None, re.compile("."), body=b"nonsense", headers={"Content-Type": "application/x-tar"})
    t("DELETE /images/imp:1", 200)


@group
def removed(t):
    t.create("user")
    ident = call("GET", "/images/bb/json").json["Id"]
    cid = call("GET", "/containers/user/json").json["Id"]
    t("DELETE /images/bb", 409, re.compile("conflict: unable to remove repository reference \\\\\"bb\\\\\" \\(must force\\) - container %s is using its referenced image %s"
                                           % (cid[:12], ident[7:19])))
    t("DELETE /images/%s" % ident[7:19], 409, re.compile(r"conflict: unable to delete %s \((must be forced|cannot be forced|must force)\) - image is (being used by|using)" % ident[7:19]))
    t.do("POST /containers/user/start")
    t("DELETE /images/%s?force=1" % ident[7:19], 409, re.compile(r"conflict: unable to delete %s \(cannot be forced\) - image is being used by running container %s" % (ident[7:19], cid[:12])))
    t.do("POST /images/full/tag?repo=second")
    full = call("GET", "/images/full/json").json["Id"]
    t("DELETE /images/%s" % full[7:19], 409, re.compile(r"conflict: unable to delete %s \(must be forced\) - image is referenced in multiple repositories" % full[7:19]))
    t("DELETE /images/second", 200, [{"Untagged": "second:latest"}])


@group
def committed(t):
    t.run("cc", ["sh", "-c", "echo changed >/file"], Labels={"l": "1"})
    answer = t("POST /commit?container=cc&repo=snap&tag=1&comment=why&author=me&changes=" + quote("CMD [\"cat\", \"/file\"]"), 201, {"Id": SHA})
    t("GET /images/snap:1/json", 200, {"Id": answer.json["Id"], "Comment": "why", "Author": "me", "Config.Cmd": ["cat", "/file"],
                                       "Config.Labels": {"l": "1"}, "RootFS.Layers": lambda v: len(v) == 2})
    t("POST /commit?container=cc&repo=snap&tag=2", 201, {"Id": SHA}, body={"Labels": {"x": "y"}, "Env": ["E=1"], "User": "www"})
    t("GET /images/snap:2/json", 200, {"Config.Labels": lambda v: v["x"] == "y", "Config.User": "www", "Config.Env": lambda v: "E=1" in v})
    t("POST /commit?container=gone", 404, "No such container: gone")
    t("POST /commit?container=cc&repo=UPPER", 400, re.compile("invalid reference format|must be lowercase"))
    t("POST /commit?container=cc&changes=" + quote("NOPE x"), 400)
    t("POST /commit?container=cc&repo=snap&tag=3", 201, {"Id": SHA}, body="null\n", headers={"Content-Type": "application/json"})
    t("POST /commit?container=cc", 400, body="[1]", headers={"Content-Type": "application/json"})
    t("DELETE /images/snap:1", 200)
    t("DELETE /images/snap:2", 200)
    t("DELETE /images/snap:3", 200)


@group
def pruned(t):
    t.run("cc", ["sh", "-c", "echo changed >/file"], Labels={"l": "1"})
    ident = t.do("POST /commit?container=cc").json["Id"]
    t.do("DELETE /containers/cc")
    t("GET /images/json?filters=" + filters(dangling="true"), 200, lambda v: ident in [item["Id"] for item in v])
    t("POST /images/prune?filters=" + filters(until="24h"), 200, {"ImagesDeleted": None, "SpaceReclaimed": 0})
    t("POST /images/prune?filters=" + filters(label="nope"), 200, {"ImagesDeleted": None})
    t("POST /images/prune", 200, {"ImagesDeleted": lambda v: {"Deleted": ident} in v, "SpaceReclaimed": int})
    t("POST /images/prune", 200, {"ImagesDeleted": None, "SpaceReclaimed": 0})
    t("POST /images/prune?filters=" + filters(dangling="x"), 400)


@group
def registries(t):
    """Only what is refused before, or because, no registry is there."""
    t("POST /images/create?fromImage=UPPER", 400, re.compile("invalid reference format"))
    t("POST /images/create?fromImage=localhost:1/x&tag=1", None, re.compile("localhost:1"))
    t("POST /images/create?fromImage=localhost:1/x&tag=a b", 400, re.compile("invalid (tag|reference) format"))
    t("POST /images/bb/push", None)
    t("POST /images/localhost:1/nope/push?tag=1", None, re.compile("An image does not exist locally with the tag: localhost:1/nope|tag does not exist"), headers={"X-Registry-Auth": "e30="})
    t("POST /images/UPPER/push?tag=1", 400, re.compile("invalid reference format"))
    t("GET /images/search?term=x&limit=y", 400)
    t("GET /distribution/UPPER/json", 400, re.compile("invalid reference format"))
    t("GET /distribution/localhost:1/x/json", None, re.compile("."))
