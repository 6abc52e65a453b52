#!/usr/bin/env python3
"""Fills the demo server: people by the command line, everything else as their apps would do it, through sign-in page and API.

    seed.py --base URL --program FERRODON --logins FILE

Writes the log-ins to FILE. Fails loudly: it is the first thing that uses a new server as a person does.
"""
import argparse
import html.parser
import http.cookiejar
import json
import os
import re
import struct
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import zlib

PEOPLE = (('admin', 'Owner'), ('alice', None), ('bob', None), ('carol', None))
OOB = 'urn:ietf:wg:oauth:2.0:oob'
SCOPES = 'read write follow push'


class Forms(html.parser.HTMLParser):
    """The forms of a page: their action and the values that a browser would send."""

    def __init__(self, text):
        super().__init__()
        self.forms = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == 'form':
            self.forms.append((a.get('action', ''), {}))
        elif tag == 'input' and self.forms and a.get('name') and (a.get('type') not in ('checkbox', 'radio') or 'checked' in a):
            self.forms[-1][1][a['name']] = a.get('value') or ''


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Browser:
    """Cookies, and no redirect that is not looked at."""

    def __init__(self, base):
        self.base = base
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), Stay)

    def go(self, path, form=None):
        """(status, Location, body)"""
        r = urllib.request.Request(urllib.parse.urljoin(self.base, path), urllib.parse.urlencode(form).encode() if form else None, {'Accept': 'text/html'})
        try:
            answer = self.opener.open(r, timeout=60)
        except urllib.error.HTTPError as e:
            answer = e
        return answer.status, answer.headers.get('Location') or '', answer.read().decode()

    def submit(self, page, wanted, **values):
        """Sends the form of a page that has a field `wanted`."""
        for action, fields in Forms(page).forms:
            if wanted in fields and fields.get('_method') != 'delete':
                return self.go(action, {**fields, **values})
        raise SystemExit('there is no form with %s on the page:\n%s' % (wanted, page[:2000]))


class Client:
    """An app that one person uses."""

    def __init__(self, base, token=None):
        self.base, self.token = base, token

    def call(self, method, path, body=None, files=None):
        headers = {}
        data = None
        if files:
            edge = 'edge-of-the-demo'
            parts = ['--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (edge, k, v) for k, v in (body or {}).items()]
            data = ''.join(parts).encode()
            for name, (filename, kind, content) in files.items():
                data += ('--%s\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: %s\r\n\r\n' % (edge, name, filename, kind)).encode() + content + b'\r\n'
            data += ('--%s--\r\n' % edge).encode()
            headers['Content-Type'] = 'multipart/form-data; boundary=' + edge
        elif body is not None:
            data = json.dumps(body).encode()
            headers['Content-Type'] = 'application/json'
        if self.token:
            headers['Authorization'] = 'Bearer ' + self.token
        try:
            with urllib.request.urlopen(urllib.request.Request(self.base + path, data, headers, method=method), timeout=60) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as e:
            raise SystemExit('%s %s answers %d: %s' % (method, path, e.code, e.read().decode()[:500]))

    def post(self, status, **more):
        return self.call('POST', '/api/v1/statuses', {'status': status, 'language': 'en', **more})


def sign_in(base, app, email, password):
    """A token, through the pages that a person sees."""
    browser = Browser(base)
    query = urllib.parse.urlencode({'client_id': app['client_id'], 'redirect_uri': OOB, 'response_type': 'code', 'scope': SCOPES})
    browser.submit(browser.go('/auth/sign_in')[2], 'user[password]', **{'user[email]': email, 'user[password]': password})
    status, location, page = browser.go('/oauth/authorize?' + query)
    if status == 200:
        status, location, page = browser.submit(page, 'client_id')
    code = re.search(r'[?&]code=([^&"\s]+)', location + page)
    if not code:
        raise SystemExit('no code after the consent page: %d %s\n%s' % (status, location, page[:2000]))
    token = Client(base).call('POST', '/oauth/token', {
        'grant_type': 'authorization_code', 'code': urllib.parse.unquote(code[1]), 'redirect_uri': OOB, 'client_id': app['client_id'], 'client_secret': app['client_secret']})
    return token['access_token']


def picture(width=960, height=600):
    """An evening sky, as a PNG."""
    rows = b''
    for y in range(height):
        t = y / height
        sky = bytes((int(40 + 200 * t), int(60 + 90 * t), int(140 - 60 * t)))
        sea = bytes((30, int(40 + 40 * (1 - t)), 80))
        rows += b'\0' + (sky if t < 0.7 else sea) * width

    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0))
            + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))


def create(program, name, role):
    """The password of a new person."""
    words = [program, 'accounts', 'create', name, '--email', name + '@example.com', '--confirmed', '--approve']
    r = subprocess.run(words + (['--role', role] if role else []), capture_output=True, text=True)
    password = re.search(r'New password:\s*(\S+)', r.stdout)
    if r.returncode or not password:
        raise SystemExit('%s\n%s%s' % (' '.join(words), r.stdout, r.stderr))
    return password[1]


def fill(admin, alice, bob, carol):
    people = {name: client.call('GET', '/api/v1/accounts/verify_credentials')['id'] for name, client in
              (('admin', admin), ('alice', alice), ('bob', bob), ('carol', carol))}
    for follower, names in ((alice, ('bob', 'admin')), (bob, ('alice', 'admin')), (carol, ('alice', 'bob')), (admin, ('alice', 'bob', 'carol'))):
        for name in names:
            follower.call('POST', '/api/v1/accounts/%s/follow' % people[name], {})
    alice.call('PATCH', '/api/v1/accounts/update_credentials', {'display_name': 'Alice', 'note': 'Walks by the sea. #photography'})
    bob.call('PATCH', '/api/v1/accounts/update_credentials', {'display_name': 'Bob', 'note': 'Bakes bread, badly.'})
    welcome = admin.post('Welcome! This is a server to try things out on. #introduction')
    media = alice.call('POST', '/api/v2/media', {'description': 'Evening light over a calm sea'}, {'file': ('evening.png', 'image/png', picture())})
    photo = alice.post('The sea, an hour ago. #photography', media_ids=[media['id']])
    bread = bob.post('The third loaf today, and the first that one can eat. #bread')
    answer = alice.post('@bob How long did it rise?', in_reply_to_id=bread['id'])
    bob.post('@alice All night. That was the trick.', in_reply_to_id=answer['id'])
    carol.post('It was the butler.', spoiler_text='The end of the film')
    bob.post('Only my followers read this.', visibility='private')
    carol.post('@alice Can we meet on Friday?', visibility='direct')
    for client, status, verb in ((bob, photo, 'reblog'), (carol, photo, 'favourite'), (admin, photo, 'favourite'), (alice, bread, 'favourite'),
                                 (alice, welcome, 'favourite'), (carol, bread, 'bookmark'), (carol, welcome, 'reblog')):
        client.call('POST', '/api/v1/statuses/%s/%s' % (status['id'], verb), {})


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ('base', 'program', 'logins'):
        p.add_argument('--' + option, required=True)
    a = p.parse_args()
    passwords = {name: create(a.program, name, role) for name, role in PEOPLE}
    app = Client(a.base).call('POST', '/api/v1/apps', {'client_name': 'Demo', 'redirect_uris': OOB, 'scopes': SCOPES})
    fill(**{name: Client(a.base, sign_in(a.base, app, name + '@example.com', password)) for name, password in passwords.items()})
    with open(os.open(a.logins, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as f:
        for name, role in PEOPLE:
            f.write('  %-20s %s%s\n' % (name + '@example.com', passwords[name], '   (%s)' % role if role else ''))


if __name__ == '__main__':
    sys.exit(main())
