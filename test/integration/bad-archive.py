#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bad-archive.py GOOD DIR WHAT...: for each WHAT an archive of images DIR/WHAT.tar that is wrong in this one way, made of a
good one (docker's format and OCI's at once)."""
import copy
import hashlib
import io
import json
import os
import sys
import tarfile


def read(path):
    with tarfile.open(path) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}


def wrap(digest, data):
    return json.dumps({"schemaVersion": 2, "manifests": [{
        "mediaType": "application/vnd.oci.image.index.v1+json", "digest": digest, "size": len(data)}]}).encode()


def make(files, what, out):
    manifest = json.loads(files["manifest.json"])
    index = json.loads(files["index.json"])
    links, devices, twice = {}, [], []

    def blob(data):
        digest = hashlib.sha256(data).hexdigest()
        files["blobs/sha256/" + digest] = data
        return "sha256:" + digest

    layer = manifest[0]["Layers"][0]
    config = json.loads(files[manifest[0]["Config"]])
    if what == "layer-missing":
        del files[layer]
    elif what == "config-missing":
        del files[manifest[0]["Config"]]
    elif what == "manifest-leaves":
        manifest[0]["Config"] = "../../etc/passwd"
    elif what == "layer-leaves":
        manifest[0]["Layers"][0] = "/../../etc/passwd"
    elif what == "entry-leaves":
        files["blobs/../../escape"] = b"{}"
    elif what == "link-leaves":
        del files[layer]
        links[layer] = "../../../../etc/passwd"
    elif what == "link-absolute":
        del files[layer]
        links[layer] = "/etc/passwd"
    elif what == "link-loop":
        del files[layer]
        links[layer] = "other"
        links["blobs/sha256/other"] = layer.split("/")[-1]
    elif what == "hardlink-leaves":
        links["x/y"] = ("hard", "../z")
    elif what == "diff-ids":
        config["rootfs"]["diff_ids"][0] = "sha256:" + "0" * 64
    elif what == "diff-ids-less":
        config["rootfs"]["diff_ids"].pop()
    elif what == "no-config-name":
        del manifest[0]["Config"]
    elif what == "bad-tag":
        manifest[0]["RepoTags"] = ["UPPER:1"]
    elif what == "twice":
        twice = ["manifest.json"]
    elif what == "layer-twice":
        twice = [layer]
    elif what == "device":
        devices = ["dev/null"]
    elif what == "layer-is-text":
        files[layer] = b"not a layer"
    elif what == "layer-broken":
        files[layer] = b"\x1f\x8b\x08\x00" + b"\x55" * 3000
    elif what == "config-is-layer":
        manifest[0]["Config"] = layer
    elif what == "manifest-broken":
        files["manifest.json"] = b'[{"Config": '
    elif what == "oci-other-content":
        name = "blobs/sha256/" + index["manifests"][0]["digest"].split(":")[1]
        files[name] = wrap(index["manifests"][0]["digest"], files[name])  # an index that points at itself
    elif what == "oci-deep":
        data = json.dumps(index).encode()
        for _ in range(8):
            data = wrap(blob(data), data)
        index = json.loads(data)
    elif what == "oci-blob-missing":
        del files["blobs/sha256/" + index["manifests"][0]["digest"].split(":")[1]]
    elif what == "oci-schema1":
        data = b'{"schemaVersion": 1, "name": "x", "fsLayers": []}'
        index["manifests"][0].update(digest=blob(data), size=len(data))
    elif what == "oci-empty":
        index["manifests"] = []
    elif what == "nothing":
        files = {"README": b"hello"}
    if what.startswith("diff-ids"):
        manifest[0]["Config"] = "config.json"
        files["config.json"] = json.dumps(config).encode()
    if what == "nothing" or what.startswith("oci-"):
        files.pop("manifest.json", None)
    elif what != "manifest-broken":
        files["manifest.json"] = json.dumps(manifest).encode()
    if what != "nothing":
        files["index.json"] = json.dumps(index).encode()

    with tarfile.open(out, "w") as tar:
        for name, data in list(files.items()) + [(n, files[n]) for n in twice]:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        for name, target in links.items():
            member = tarfile.TarInfo(name)
            member.type = tarfile.LNKTYPE if isinstance(target, tuple) else tarfile.SYMTYPE
            member.linkname = target[1] if isinstance(target, tuple) else target
            tar.addfile(member)
        for name in devices:
            member = tarfile.TarInfo(name)
            member.type = tarfile.CHRTYPE
            tar.addfile(member)
        if what == "many":
            tar.fileobj.write(tarfile.TarInfo("d").tobuf() * 70000)


good = read(sys.argv[1])
for way in sys.argv[3:]:
    make(copy.copy(good), way, os.path.join(sys.argv[2], way + ".tar"))
