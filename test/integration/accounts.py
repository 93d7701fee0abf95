#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""accounts.py DATA-ROOT: whether every byte below an engine's data root belongs to a record, and every record is whole.

Reads the database and the files by itself, none of hoy's programs. Prints what is wrong, one line each; status 1 then."""
import hashlib
import json
import os
import re
import sqlite3
import sys

root = sys.argv[1]
wrong = []


def digest(data):
    return 'sha256:' + hashlib.sha256(data).hexdigest()


def names(path):
    try:
        return sorted(os.listdir(os.path.join(root, path)))
    except FileNotFoundError:
        return []


db = sqlite3.connect(os.path.join(root, 'hoy.db'), timeout=30)
layers = {row[0]: row[1] for row in db.execute('SELECT diff_id, size FROM layers')}
held = {row[0] for row in db.execute('SELECT diff_id FROM layer_holds')}
containers = dict(db.execute('SELECT id, layers FROM containers'))

# images and what they name
used = set()
for image, config, size in db.execute('SELECT id, config, size FROM images'):
    if digest(config) != image:
        wrong.append(f'image {image}: its config has the digest {digest(config)}')
        continue
    wanted = json.loads(config)['rootfs'].get('diff_ids') or []
    have = [row[0] for row in db.execute('SELECT diff_id FROM image_layers WHERE image_id = ? ORDER BY position', (image,))]
    if wanted != have:
        wrong.append(f'image {image}: its layers are {have}, its config names {wanted}')
    if size != sum(layers.get(x, 0) for x in wanted):
        wrong.append(f'image {image}: its size is {size}, not the sum of its layers')
    used.update(wanted)
for table in 'tags', 'repo_digests', 'image_layers':
    for row in db.execute(f'SELECT image_id FROM {table} WHERE image_id NOT IN (SELECT id FROM images)'):
        wrong.append(f'{table}: names the image {row[0]}, which is not there')

# layers: a record, a directory, someone who needs it, the right bytes
for diff_id in used - set(layers):
    wrong.append(f'layer {diff_id}: has no record')
on_disk = {'sha256:' + name for name in names('layers')}
for diff_id in on_disk - set(layers):
    wrong.append(f'layers/{diff_id[7:]}: has no record')
for diff_id in set(layers) - on_disk:
    wrong.append(f'layer {diff_id}: has no directory')
for diff_id in layers:
    if diff_id not in used and diff_id not in held and not any(diff_id in (text or '') for text in containers.values()):
        wrong.append(f'layer {diff_id}: nobody needs it')
for diff_id in on_disk & set(layers):
    inside = set(names('layers/' + diff_id[7:]))
    for name in [n for n in inside if re.fullmatch('blob-[0-9a-f]{64}', n)]:  # keep-compressed
        with open(os.path.join(root, 'layers', diff_id[7:], name), 'rb') as f:
            found = hashlib.file_digest(f, 'sha256').hexdigest()
        if found != name[5:]:
            wrong.append(f'layer {diff_id}: {name} is {found}')
        inside.remove(name)
    if inside == {'tar', 'index'}:
        with open(os.path.join(root, 'layers', diff_id[7:], 'tar'), 'rb') as f:
            found = 'sha256:' + hashlib.file_digest(f, 'sha256').hexdigest()
        if found != diff_id:
            wrong.append(f'layer {diff_id}: its tar is {found}')
    elif not {'diff', 'record'} <= inside <= {'diff', 'record', 'replaced'}:
        wrong.append(f'layer {diff_id}: has the files {sorted(inside)}')

# nothing else is there
for name in names('tmp'):
    wrong.append(f'tmp/{name}: is left')
for name in names('containers'):
    if name not in containers:
        wrong.append(f'containers/{name}: has no record')
volumes = {row[0] for row in db.execute('SELECT name FROM volumes')}
for name in names('volumes'):
    if name not in volumes:
        wrong.append(f'volumes/{name}: has no record')
for name in names('.'):
    if not re.fullmatch(r'hoy\.(db(-wal|-shm)?|lock)|layer-driver|engine-id|layers|tmp|containers|volumes', name):
        wrong.append(f'{name}: is not known')

print('\n'.join(wrong), end='\n' if wrong else '')
sys.exit(1 if wrong else 0)
