#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A registry that misbehaves as the repository's first part asks (images by push-image.py dir:ROOT).

bad-registry.py ROOT PORTFILE [CERT KEY]

  ok/NAME          behaves                      e500/NAME      answers 500 to everything
  e500blob/NAME    500 for layers only          wrong/NAME     layers with a flipped byte
  short/NAME       a layer that ends early, with a matching Content-Length
  long/NAME        more bytes than promised     stall/NAME     stops in the middle and waits
  cut/NAME         cuts each layer twice, honours Range
  norange/NAME     cuts each layer twice, ignores Range
  cutalways/NAME   cuts before any byte of a layer
  redirect/NAME    sends layers round in circles away/NAME      redirects layers to another port
  auth/NAME        Bearer token for user:secret  basic/NAME     Basic user:secret
  anon/NAME        Bearer token without a login  denied/NAME    a token server that refuses
  schema1/NAME     an old manifest              badjson/NAME   a manifest that is no JSON
  both/NAME        layers and manifests at once  toolong/NAME   a manifest without end
  evil/NAME        a manifest whose digests are paths
  nolayer/NAME     layers of a media type that is none
  nested/NAME      an index of an index of …, and so on
  negative/NAME    layers of a size below zero
  stallbig/NAME    stops in layers of more than 2 MB
  wrongbig/NAME    flips a byte near the end of such
  gate/NAME        sends two thirds of a layer, the rest when ROOT/gate is there; a line for each in ROOT/gets
  headers/NAME     headers without end           liar/NAME      a token with a line break in it
  steal/NAME       wants the login sent to another host
  lacks/NAME       has no layers; wronghere/NAME has wrong ones: unless it is asked as the proxy to another host
  refresh/NAME     a login with the password gives a refresh token, which alone is good for anything else
  busy/NAME        429 with Retry-After once     busylong/NAME  429 with an hour in Retry-After

Uploads go to any of them that is not said otherwise:
  upcut/NAME       cuts a PATCH in its middle twice, keeps what came
  nopatch/NAME     knows no PATCH                uplost/NAME    forgets the first session
  up413/NAME       takes a megabyte at a time    upaway/NAME    continues at another host name
  upfail/NAME      never takes the last step

/v2/ asks for the login of the mode that the file ROOT/login names, when it is there.

Each request is a line in PORTFILE.log: method, Host, path, "auth" when it had a login."""
import base64
import hashlib
import http.server
import json
import os
import re
import socketserver
import ssl
import sys
import threading
import time
import urllib.parse

ROOT = sys.argv[1]
cuts = {}
sessions = {}
stop = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def parse_request(self):
        fine = super().parse_request()
        self.proxied = False
        if fine:
            self.proxied = self.path.startswith('http://')
            with open(sys.argv[2] + '.log', 'a') as f:
                print(self.command, self.headers['Host'], self.path, 'auth' if 'Authorization' in self.headers else '-',
                      file=f)
            self.path = re.sub('^http://[^/]*', '', self.path)
        return fine

    def answer(self, status, body=b'', media='application/json', headers=()):
        self.send_response(status)
        self.send_header('Content-Type', media)
        self.send_header('Content-Length', str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def refuse(self, status, code, headers=()):
        text = code.lower().replace('_', ' ')
        self.answer(status, json.dumps({'errors': [{'code': code, 'message': text}]}).encode(),
                    headers=headers)

    def base(self):
        scheme = 'https' if isinstance(self.connection, ssl.SSLSocket) else 'http'
        return f'{scheme}://{self.headers["Host"]}'

    def allowed(self, mode, name):
        given = self.headers.get('Authorization', '')
        login = 'Basic ' + base64.b64encode(b'user:secret').decode()
        if mode in ('liar', 'steal'):
            base = self.base() if mode == 'liar' else self.base().replace('localhost', '127.0.0.1')
            self.refuse(401, 'UNAUTHORIZED', [('WWW-Authenticate', f'Bearer realm="{base}/token/{mode}"')])
            return False
        if mode in ('auth', 'anon', 'denied', 'refresh'):
            if given == f'Bearer token-{mode}':
                return True
            realm = f'Bearer realm="{self.base()}/token/{mode}",service="bad",scope="repository:{mode}/{name}:pull"'
            self.refuse(401, 'UNAUTHORIZED', [('WWW-Authenticate', realm)])
            return False
        if mode == 'basic' and given != login:
            self.refuse(401, 'UNAUTHORIZED', [('WWW-Authenticate', 'Basic realm="bad"')])
            return False
        return True

    def token(self, mode):
        form = urllib.parse.parse_qs(self.path.partition('?')[2])
        if mode == 'refresh' and self.command == 'POST':
            form = urllib.parse.parse_qs(self.body().decode())
            if form.get('grant_type') != ['refresh_token'] or form.get('refresh_token') != ['R1']:
                return self.refuse(401, 'UNAUTHORIZED')
            return self.answer(200, b'{"access_token": "token-refresh"}')
        if mode == 'refresh' and 'offline_token' not in form:
            return self.refuse(401, 'UNAUTHORIZED')
        login = 'Basic ' + base64.b64encode(b'user:secret').decode()
        if mode == 'denied' or (mode in ('auth', 'refresh') and self.headers.get('Authorization') != login):
            return self.refuse(401, 'UNAUTHORIZED')
        if mode == 'refresh':
            return self.answer(200, b'{"token": "token-refresh", "refresh_token": "R1"}')
        self.answer(200, json.dumps({'token': 'a\r\nX-Evil: 1' if mode == 'liar' else f'token-{mode}'}).encode())

    def endless_headers(self):
        self.send_response(200)
        self.flush_headers()
        try:
            while not stop.is_set():
                self.wfile.write(b'X-More: ' + b'x' * 8000 + b'\r\n')
        except OSError:
            self.close_connection = True

    def lists(self):
        match = re.fullmatch(r'/v2/([a-z0-9]+)/([a-z0-9-]+)/tags/list(?:\?last=(.*))?', self.path)
        if not match:
            return False
        mode, name, last = match.groups()
        have = sorted(n.split('@', 1) for n in os.listdir(ROOT + '/manifests'))
        tags = [t for n, t in have if n == name and ':' not in t and t > (last or '')]
        link = [('Link', f'</v2/{mode}/{name}/tags/list?last={tags[0]}>; rel="next"')] if tags[1:] else []
        self.answer(200, json.dumps({'name': name, 'tags': tags[:1]}).encode(), headers=link)
        return True

    # uploads
    def body(self, most=None):
        want = int(self.headers.get('Content-Length', 0))
        return self.rfile.read(want if most is None else min(most, want))

    def session(self):
        _, _, number, mode, name = re.split('[/?]', self.path)[:5]
        return number, mode, name

    def place(self, number, mode, name):
        base = self.base()
        if mode == 'upaway':
            base = base.replace('localhost', '127.0.0.1')
        return [('Location', f'{base}/upload/{number}/{mode}/{name}'),
                ('Range', f'0-{max(len(sessions[number]) - 1, 0)}')]

    def do_POST(self):
        match = re.fullmatch(r'/v2/([a-z0-9]+)/([a-z0-9-]+)/blobs/uploads/.*', self.path)
        if self.path.startswith('/token/'):
            return self.token(re.split('[/?]', self.path)[2])
        self.body()
        if not match:
            return self.refuse(404, 'NAME_UNKNOWN')
        mode, name = match.groups()
        if not self.allowed(mode, name):
            return None
        number = str(len(sessions))
        sessions[number] = b''
        return self.answer(202, headers=self.place(number, mode, name))

    def do_PATCH(self):
        number, mode, name = self.session()
        length = int(self.headers['Content-Length'])
        start = self.headers.get('Content-Range')
        if mode == 'upcut' and cuts.setdefault(number, 0) < 2:
            cuts[number] += 1
            sessions[number] += self.body(length // 2)
            self.close_connection = True
            return None
        data = self.body()
        if mode == 'nopatch':
            return self.refuse(405, 'UNSUPPORTED')
        if mode == 'up413' and length > 1 << 20:
            return self.refuse(413, 'SIZE_INVALID')
        if number not in sessions or (mode == 'uplost' and cuts.setdefault(mode + name, number) == number):
            return self.refuse(404, 'BLOB_UPLOAD_UNKNOWN')
        if start and int(start.split('-')[0]) != len(sessions[number]):
            return self.refuse(416, 'BLOB_UPLOAD_INVALID')
        sessions[number] += data
        return self.answer(202, headers=self.place(number, mode, name))

    def do_PUT(self):
        match = re.fullmatch(r'/v2/([a-z0-9]+)/([a-z0-9-]+)/manifests/(.+)', self.path)
        data = self.body()
        if match:
            mode, name, ref = match.groups()
            if self.allowed(mode, name):
                with open(f'{ROOT}/manifests/{name}@{ref}', 'wb') as f:
                    f.write(self.headers['Content-Type'].encode() + b'\n' + data)
                self.answer(201)
            return None
        number, mode, _ = self.session()
        data = sessions.get(number, b'') + data
        digest = self.path.rsplit('digest=sha256:', 1)[-1]
        if mode == 'upfail' or hashlib.sha256(data).hexdigest() != digest:
            return self.refuse(400, 'DIGEST_INVALID')
        with open(f'{ROOT}/blobs/{digest}', 'wb') as f:
            f.write(data)
        return self.answer(201)

    def do_DELETE(self):
        self.answer(204)

    def do_HEAD(self):
        match = re.fullmatch(r'/v2/([a-z0-9]+)/([a-z0-9-]+)/blobs/sha256:([0-9a-f]+)', self.path)
        there = match and os.path.exists(f'{ROOT}/blobs/{match.group(3)}')
        if not match or self.allowed(match.group(1), match.group(2)):
            self.send_response(200 if there else 404)
            self.send_header('Content-Length', '0')
            self.end_headers()

    def greet(self):
        try:
            with open(ROOT + '/login', encoding='ascii') as f:
                mode = f.read().strip()
        except FileNotFoundError:
            mode = 'ok'
        if self.allowed(mode, 'x'):
            self.answer(200, b'{}')

    def do_GET(self):
        if self.path == '/v2/':
            return self.greet()
        if self.path.startswith('/token/'):
            return self.token(re.split('[/?]', self.path)[2])
        if self.path.startswith('/upload/'):
            return self.answer(204, headers=self.place(*self.session()))
        if self.lists():
            return None
        match = re.fullmatch(r'/v2/([a-z0-9]+)/([a-z0-9-]+)/(manifests|blobs)/(.+)', self.path)
        if not match:
            return self.refuse(404, 'NAME_UNKNOWN')
        mode, name, kind, ref = match.groups()
        if mode == 'e500':
            return self.answer(500, b'oh no', 'text/plain')
        if mode == 'headers':
            return self.endless_headers()
        if mode == 'busylong' or (mode == 'busy' and cuts.setdefault('busy' + name + ref, 0) == 0):
            cuts['busy' + name + ref] = 1
            return self.answer(429, headers=[('Retry-After', '3600' if mode == 'busylong' else '1')])
        if self.allowed(mode, name):
            (self.manifest if kind == 'manifests' else self.blob)(mode, name, ref)

    def manifest(self, mode, name, ref):
        try:
            with open(f'{ROOT}/manifests/{name}@{ref}', 'rb') as f:
                media, body = f.read().split(b'\n', 1)
        except FileNotFoundError:
            return self.refuse(404, 'MANIFEST_UNKNOWN')
        if mode == 'schema1':
            media, body = b'application/vnd.docker.distribution.manifest.v1+prettyjws', \
                b'{"schemaVersion": 1, "name": "x", "tag": "1", "fsLayers": [], "history": []}'
        elif mode == 'badjson':
            body = body[:-2]
        elif mode == 'both':
            body = body[:-1] + b', "manifests": []}'
        elif mode == 'toolong':
            body += b' ' * (5 << 20)
        elif mode == 'evil':
            body = re.sub(rb'sha256:[0-9a-f]{64}', b'sha256:../../../../../../etc/passwd', body)
        elif mode == 'nolayer':
            body = re.sub(rb'application/[^"]*(tar|gzip)[^"]*', b'application/x-shockwave-flash', body)
        elif mode == 'negative':
            body = re.sub(rb'"size": *', b'"size": -', body)
        elif mode == 'nested':
            media = b'application/vnd.oci.image.index.v1+json'
            body = json.dumps({'schemaVersion': 2, 'mediaType': media.decode(), 'manifests': [
                {'mediaType': media.decode(), 'digest': 'sha256:' + '0' * 64, 'size': 2,
                 'platform': {'os': 'linux', 'architecture': 'amd64'}}]}).encode()
        self.answer(200, body, media.decode())

    def blob(self, mode, name, ref):
        try:
            with open(f'{ROOT}/blobs/{ref.split(":")[-1]}', 'rb') as f:
                body = f.read()
        except FileNotFoundError:
            return self.refuse(404, 'BLOB_UNKNOWN')
        if body[:1] != b'{':
            return self.layer(mode, ref, body)
        self.answer(200, body, 'application/octet-stream')

    def layer(self, mode, ref, body):
        half = len(body) // 2
        if mode == 'lacks' and not self.proxied:
            return self.refuse(404, 'BLOB_UNKNOWN')
        if mode == 'wronghere' and not self.proxied:
            mode = 'wrong'
        if mode == 'e500blob':
            return self.answer(500, b'oh no', 'text/plain')
        if mode == 'wrong':
            body = body[:half] + bytes([body[half] ^ 1]) + body[half + 1:]
        elif mode == 'wrongbig' and len(body) > 2 << 20:
            body = body[:-9] + bytes([body[-9] ^ 1]) + body[-8:]
        elif mode == 'stallbig' and len(body) > 2 << 20:
            mode = 'stall'
        elif mode == 'short':
            body = body[:half]
        elif mode == 'long':
            body += b'x' * 100000
        elif mode == 'redirect':
            return self.answer(307, headers=[('Location', self.base() + self.path)])
        elif mode == 'away':
            place = self.base().replace('127.0.0.1', 'localhost') + self.path.replace('/away/', '/ok/')
            return self.answer(307, headers=[('Location', place)])
        start = 0
        asked = re.fullmatch(r'bytes=(\d+)-', self.headers.get('Range', ''))
        if asked and mode != 'norange':
            start = int(asked.group(1))
        cut = mode == 'cutalways'
        if mode in ('cut', 'norange'):
            cuts[ref] = cuts.get(ref, 0) + 1
            cut = cuts[ref] <= 2
        self.send_response(206 if start else 200)
        self.send_header('Content-Type', 'application/octet-stream')
        if start:
            self.send_header('Content-Range', f'bytes {start}-{len(body) - 1}/{len(body)}')
        self.send_header('Content-Length', str(len(body) - start))
        self.end_headers()
        if cut or mode == 'stall':
            if mode != 'cutalways':
                self.wfile.write(body[start:start + (len(body) - start) // 3])
                self.wfile.flush()
            if mode == 'stall':
                stop.wait(600)
            self.close_connection = True
            return
        if mode == 'gate':
            return self.gate(ref, body[start:])
        self.wfile.write(body[start:])

    def gate(self, ref, body):
        with open(ROOT + '/gets', 'a') as f:
            f.write(ref + '\n')
        third = len(body) // 3
        for part in body[:third], body[third:2 * third]:
            self.wfile.write(part)
            self.wfile.flush()
            time.sleep(0.3)  # for a word on progress between
        while not os.path.exists(ROOT + '/gate'):
            time.sleep(0.05)
        self.wfile.write(body[2 * third:])


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        pass


def main():
    tls = len(sys.argv) > 4
    server = Server(('0.0.0.0' if tls else '127.0.0.1', 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[3], sys.argv[4])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with open(sys.argv[2] + '.new', 'w') as f:
        f.write(str(server.server_address[1]))
    os.rename(sys.argv[2] + '.new', sys.argv[2])
    server.serve_forever()


if __name__ == '__main__':
    main()
