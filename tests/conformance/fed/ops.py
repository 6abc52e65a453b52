#!/usr/bin/env python3
"""What the federation and streaming suites want done on the server's side, for a server on a test stand.

    ops.py FOLDER OPERATION ARGS...

FOLDER is the stand's. Rows that no part of the product makes are written by SQL, the rest goes through the command line or the API.
`commands` are the templates that the harness fills in; an operation that is not there makes its scenarios skipped.
"""
import base64
import json
import os
import secrets
import subprocess
import sys
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', '..', '..', 'deploy', 'dev'))
sys.dont_write_bytecode = True
import stand as stands  # noqa: E402

SCOPES = 'read write follow push profile admin:read admin:write'
OOB = 'urn:ietf:wg:oauth:2.0:oob'
NOW = "(now() at time zone 'utc')"
# Nobody signs in with it: a password hash that fits no password.
NO_PASSWORD = '$2a$10$' + 53 * '.'
DOT = base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==')


def q(value):
    return 'NULL' if value is None else "'" + str(value).replace("'", "''") + "'"


def key_pair():
    private = subprocess.run(['openssl', 'genrsa', '-traditional', '2048'], check=True, capture_output=True).stdout
    public = subprocess.run(['openssl', 'rsa', '-pubout'], input=private, check=True, capture_output=True).stdout
    return private.decode(), public.decode()


def application(s):
    """The id of the application that all tokens belong to."""
    known = s.sql("SELECT id FROM oauth_applications WHERE name = 'fedgolden';")
    return known or s.sql("""INSERT INTO oauth_applications (name, uid, secret, redirect_uri, scopes, confidential, created_at, updated_at)
        VALUES ('fedgolden', %s, %s, %s, %s, true, %s, %s) RETURNING id;""" % (
        q(secrets.token_urlsafe(32)), q(secrets.token_urlsafe(32)), q(OOB), q(SCOPES), NOW, NOW))


def make_token(s, username, scopes=SCOPES):
    token = secrets.token_urlsafe(32)
    s.sql("""INSERT INTO oauth_access_tokens (token, scopes, resource_owner_id, application_id, created_at)
        SELECT %s, %s, u.id, %s, %s FROM users u JOIN accounts a ON a.id = u.account_id WHERE a.username = %s AND a.domain IS NULL;""" % (
        q(token), q(scopes), application(s), NOW, q(username)))
    return token


def make_user(s, username, email=None, role=None, locked=False):
    """A user who is confirmed and approved; answers a token. One who exists already only gets the token."""
    if not s.sql('SELECT 1 FROM accounts WHERE username = %s AND domain IS NULL;' % q(username)):
        private, public = key_pair()
        s.sql("""WITH a AS (
              INSERT INTO accounts (username, private_key, public_key, locked, discoverable, created_at, updated_at)
              VALUES (%s, %s, %s, %s, true, %s, %s) RETURNING id)
            INSERT INTO users (account_id, email, encrypted_password, confirmed_at, approved, role_id, created_at, updated_at)
            SELECT a.id, %s, %s, %s, true, %s, %s, %s FROM a;""" % (
            q(username), q(private), q(public), 'true' if locked else 'false', NOW, NOW,
            q(email or username + '@' + s.env['LOCAL_DOMAIN']), q(NO_PASSWORD), NOW,
            '(SELECT id FROM user_roles WHERE name = %s)' % q(role) if role else 'NULL', NOW, NOW))
    return make_token(s, username)


def seed(s):
    """The accounts that every scenario uses, as the configuration of the harness wants them."""
    out = {}
    for alias in ('alice', 'bob', 'carol', 'locked', 'admin'):
        username = 'fedadmin' if alias == 'admin' else alias
        out[alias] = {'token': make_user(s, username, role='Owner' if alias == 'admin' else None, locked=alias == 'locked')}
    return out


def add_alias(s, username, acct):
    """An old address of a local user; our server resolves it, as it would for the settings page."""
    token = make_token(s, username)
    call(s, 'GET', '/api/v1/accounts/search?' + urllib.parse.urlencode({'q': acct, 'resolve': 'true', 'limit': 1}), token)
    name, host = acct.lstrip('@').split('@')
    uri = s.sql('SELECT uri FROM accounts WHERE username = %s AND domain = %s;' % (q(name), q(host)))
    if not uri:
        raise stands.Failed('%s cannot be resolved' % acct)
    s.sql("""INSERT INTO account_aliases (account_id, acct, uri, created_at, updated_at)
        SELECT id, %s, %s, %s, %s FROM accounts WHERE username = %s AND domain IS NULL;
        UPDATE accounts SET also_known_as = array_append(coalesce(also_known_as, '{}'), %s) WHERE username = %s AND domain IS NULL;""" % (
        q(name + '@' + host), q(uri), NOW, NOW, q(username), q(uri), q(username)))


def revoke(s, token):
    """Through the product, so that open streams learn of it."""
    uid, secret = s.sql("SELECT uid || ' ' || secret FROM oauth_applications WHERE name = 'fedgolden';").split()
    call(s, 'POST', '/oauth/revoke', None, {'client_id': uid, 'client_secret': secret, 'token': token})


def add_emoji(s, shortcode):
    if s.sql('SELECT 1 FROM custom_emojis WHERE shortcode = %s AND domain IS NULL;' % q(shortcode)):
        return
    number = int(s.sql("""INSERT INTO custom_emojis (shortcode, image_file_name, image_content_type, image_file_size, image_updated_at,
            image_storage_schema_version, visible_in_picker, created_at, updated_at)
        VALUES (%s, 'dot.png', 'image/png', %d, %s, 1, true, %s, %s) RETURNING id;""" % (q(shortcode), len(DOT), NOW, NOW, NOW)))
    folder = '%09d' % number
    for style in ('original', 'static'):
        path = os.path.join(s.env['PAPERCLIP_ROOT_PATH'], 'custom_emojis/images', folder[:3], folder[3:6], folder[6:], style)
        os.makedirs(path, exist_ok=True)
        with open(os.path.join(path, 'dot.png'), 'wb') as f:
            f.write(DOT)


def reset_limits(s):
    for pattern in ('*rack::attack*', '*rate_limit:*'):
        keys = s.redis('--scan', '--pattern', pattern).split()
        if keys:
            s.redis('del', *keys)


def restart_with(s, variables):
    """Web with more variables in its environment, until the next restart."""
    s.stop_program('web')
    s.start('web', **dict(word.split('=', 1) for word in variables.split()))


def call(s, method, path, token, form=None):
    r = urllib.request.Request(s.base() + path, urllib.parse.urlencode(form).encode() if form else None,
                               {'Host': s.env['LOCAL_DOMAIN'], 'X-Forwarded-Proto': 'https'}, method=method)
    if token:
        r.add_header('Authorization', 'Bearer ' + token)
    with urllib.request.urlopen(r, timeout=60) as answer:
        return json.loads(answer.read() or b'null')


OPERATIONS = {
    'account_create': ('{username} {email}', lambda s, username, email: print(make_user(s, username, email))),
    'account_delete': ('{username}', lambda s, username: s.run('accounts', 'delete', username)),
    'account_migrate': ('{username} {target}', lambda s, username, target: s.run('accounts', 'migrate', username, '--target', target)),
    'account_alias': ('{username} {acct}', add_alias),
    'token_create': ('{username} {scopes}', lambda s, username, scopes: print(make_token(s, username, scopes))),
    'token_revoke': ('{token}', revoke),
    'announcement_create': ('{text}', lambda s, text: s.run('announcements', 'create', text)),
    'announcement_delete': ('{id}', lambda s, id: s.run('announcements', 'delete', id)),
    'relay_add': ('{inbox}', lambda s, inbox: s.run('relays', 'add', inbox)),
    'relay_remove': ('{inbox}', lambda s, inbox: s.run('relays', 'remove', inbox)),
    'set_languages': ('{username} {languages}', lambda s, username, languages: s.sql(
        'UPDATE users SET chosen_languages = %s FROM accounts a WHERE a.id = account_id AND a.username = %s;' % (
            q('{%s}' % languages) if languages else 'NULL', q(username)))),
    'emoji_add': ('{shortcode}', add_emoji),
    'reset_limits': ('', reset_limits),
    'restart_with': ('{env}', restart_with),
}


def commands(s):
    here = '%s -B %s %s' % (sys.executable, os.path.abspath(__file__), s.folder)
    return {name: ('%s %s %s' % (here, name, arguments)).strip() for name, (arguments, _) in OPERATIONS.items()}


def main():
    s = stands.Stand(sys.argv[1], '.').load()
    OPERATIONS[sys.argv[2]][1](s, *sys.argv[3:])


if __name__ == '__main__':
    try:
        main()
    except stands.Failed as e:
        sys.exit(str(e))
