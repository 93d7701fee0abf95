#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Put an image made of tar files into a registry, or into a directory for bad-registry.py.

push-image.py [--gzip|--zstd|--plain] [--config JSON] [--arch ARCH] [--index] [--schema2] TARGET LAYER.tar...

TARGET: http://host:port/name:tag, or dir:PATH/name:tag (blobs/<hex>, manifests/name:tag). --index puts
an index in front, with an arm64 entry that must not be chosen. Prints the digest that the tag names."""
import argparse
import gzip
import hashlib
import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request

OCI = 'application/vnd.oci.image.'
DOCKER = 'application/vnd.docker.'


def digest(data):
    return 'sha256:' + hashlib.sha256(data).hexdigest()


class Registry:
    def __init__(self, target):
        base, self.tag = target.rsplit(':', 1)
        url = urllib.parse.urlsplit(base)
        self.base, self.name = f'{url.scheme}://{url.netloc}', url.path.strip('/')

    def request(self, method, url, data=None, headers=None):
        req = urllib.request.Request(url, data=data, method=method, headers=headers or {})
        with urllib.request.urlopen(req) as answer:
            return answer.headers

    def blob(self, data):
        url = f'{self.base}/v2/{self.name}/blobs/uploads/'
        place = urllib.parse.urljoin(url, self.request('POST', url, b'')['Location'])
        sep = '&' if '?' in place else '?'
        self.request('PUT', f'{place}{sep}digest={digest(data)}', data,
                     {'Content-Type': 'application/octet-stream'})

    def manifest(self, ref, data, media):
        self.request('PUT', f'{self.base}/v2/{self.name}/manifests/{ref}', data,
                     {'Content-Type': media})


class Directory:
    def __init__(self, target):
        base, self.tag = target[4:].rsplit(':', 1)
        self.root, self.name = os.path.dirname(base), os.path.basename(base)
        os.makedirs(self.root + '/blobs', exist_ok=True)
        os.makedirs(self.root + '/manifests', exist_ok=True)

    def blob(self, data):
        with open(f'{self.root}/blobs/{digest(data)[7:]}', 'wb') as f:
            f.write(data)

    def manifest(self, ref, data, media):
        with open(f'{self.root}/manifests/{self.name}@{ref}', 'wb') as f:
            f.write(media.encode() + b'\n' + data)


def compress(tar, how):
    if how == 'gzip':
        return gzip.compress(tar, 6, mtime=0)
    if how == 'zstd':
        return subprocess.run(['zstd', '-q', '-c'], input=tar, stdout=subprocess.PIPE,
                              check=True).stdout
    return tar


def layer_type(how, schema2):
    if schema2:
        return DOCKER + 'image.rootfs.diff.tar' + {'plain': '', 'gzip': '.gzip', 'zstd': '.zstd'}[how]
    return OCI + 'layer.v1.tar' + {'plain': '', 'gzip': '+gzip', 'zstd': '+zstd'}[how]


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--gzip', dest='how', action='store_const', const='gzip', default='gzip')
    p.add_argument('--zstd', dest='how', action='store_const', const='zstd')
    p.add_argument('--plain', dest='how', action='store_const', const='plain')
    p.add_argument('--config', default='{}')
    p.add_argument('--arch')
    p.add_argument('--index', action='store_true')
    p.add_argument('--schema2', action='store_true')
    p.add_argument('target')
    p.add_argument('layers', nargs='*')
    a = p.parse_args()
    to = Directory(a.target) if a.target.startswith('dir:') else Registry(a.target)
    arch = {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(os.uname().machine, os.uname().machine)
    arch = a.arch or arch
    config = {'created': '2024-05-06T07:08:09.123456789Z', 'architecture': arch, 'os': 'linux',
              'config': json.loads(a.config), 'rootfs': {'type': 'layers', 'diff_ids': []}, 'history': []}
    layers = []
    for path in a.layers:
        with open(path, 'rb') as f:
            tar = f.read()
        data = compress(tar, a.how)
        to.blob(data)
        config['rootfs']['diff_ids'].append(digest(tar))
        config['history'].append({'created': config['created'], 'created_by': 'ADD ' + os.path.basename(path)})
        layers.append({'mediaType': layer_type(a.how, a.schema2), 'digest': digest(data), 'size': len(data)})
    text = json.dumps(config).encode()
    to.blob(text)
    config_type = DOCKER + 'container.image.v1+json' if a.schema2 else OCI + 'config.v1+json'
    media = DOCKER + 'distribution.manifest.v2+json' if a.schema2 else OCI + 'manifest.v1+json'
    manifest = json.dumps({'schemaVersion': 2, 'mediaType': media, 'layers': layers, 'config': {
        'mediaType': config_type, 'digest': digest(text), 'size': len(text)}},
        indent=3 if a.schema2 else None).encode()  # as docker has them: its older clients know no other way
    if a.index:
        to.manifest(digest(manifest), manifest, media)
        other = 'arm64' if arch != 'arm64' else 'amd64'
        wrong = manifest.replace(b'"schemaVersion": 2', b'"schemaVersion":  2')
        to.manifest(digest(wrong), wrong, media)
        entries = [{'mediaType': media, 'digest': digest(m), 'size': len(m),
                    'platform': {'os': 'linux', 'architecture': who}}
                   for who, m in ((other, wrong), (arch, manifest))]
        media = DOCKER + 'distribution.manifest.list.v2+json' if a.schema2 else OCI + 'index.v1+json'
        manifest = json.dumps({'schemaVersion': 2, 'mediaType': media, 'manifests': entries}).encode()
    to.manifest(to.tag, manifest, media)
    print(digest(manifest))


if __name__ == '__main__':
    sys.exit(main())
