#!/usr/bin/env python3
"""Plays what Mastodon 4.6.5 was recorded doing against our programs. `./dev conformance` calls this; see README.md.

    run.py SUITE [WORLD] [--only A,B] [--scenarios DIR] [--golden DIR] [--report FILE] [--ratchet]

Ends with the line `N passed, N failed`; exit status 0 only if none failed (with --ratchet: if gaps.txt and floors.txt hold).
"""
import argparse
import fcntl
import fnmatch
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, 'deploy', 'dev'))
sys.dont_write_bytecode = True
import stand as stands  # noqa: E402

sys.path.insert(0, HERE)
import ratchet  # noqa: E402

# how many scenarios that turned out otherwise than gaps.txt says are played once more: waiting is in their nature
SECOND_TRIES = 12


class Suite:
    """One suite: `play` answers {step: (passed, note)} for the scenarios that `only` (patterns or None) selects."""

    name = None
    # results are (right, wrong) of groups, not of single steps
    counts = False

    def __init__(self, args):
        self.args = args
        self.stand = stands.Stand(os.path.join(state_folder(), self.name), os.environ.get('FERRODON_BIN', os.path.join(ROOT, 'target', 'debug')))

    def prepare(self):
        pass

    def play(self, only, report):
        raise NotImplementedError

    def close(self):
        self.stand.stop()

    def scenario_of(self, key):
        return key

    def hold_counts(self, results, only):
        return not any(wrong for _, wrong in results.values())

    def harness(self, *words, **kw):
        """Runs a harness; its output goes on to ours. Answers its exit status."""
        env = dict(os.environ, PYTHONDONTWRITEBYTECODE='1', **kw)
        sys.stdout.flush()
        return subprocess.run([sys.executable, '-u', *words], env=env).returncode


class Rest(Suite):
    name = 'rest'

    def prepare(self):
        s = self.stand
        s.clear()
        s.start_redis()
        s.set_env(LOCAL_DOMAIN='social.example', EMAIL_DOMAIN_ALLOWLIST='example.com')
        s.run('db', 'setup')
        with open(os.path.join(HERE, 'rest', 'tools', 'fixtures.sql')) as f:
            s.sql(f.read())
        for program in ('web', 'worker', 'streaming'):
            s.start(program)
        write(s.path('cfg.json'), {
            'base_url': s.base(), 'streaming_url': s.base('streaming'), 'streaming_public': 'wss://social.example',
            'host': 'social.example', 'mail_domain': 'example.com',
            'app': {'client_id': '', 'client_secret': '', 'redirect_uri': 'urn:ietf:wg:oauth:2.0:oob'},
            'accounts': {}, 'settle': 2.0, 'wait_timeout': 20, 'timeout': 60,
            'commands': {'sql': 'psql -qAtX -v ON_ERROR_STOP=1 -d %s' % s.name},
        })

    def play(self, only, report):
        golden = self.args.golden or os.path.join(HERE, 'rest', 'golden')
        words = [os.path.join(HERE, 'rest', 'golden.py'), 'check', '--config', self.stand.path('cfg.json'), '--golden', golden, '--report', report,
                 '--scenarios', self.args.scenarios or os.path.join(HERE, 'rest', 'scenarios', 'open')]
        if only:
            words += ['--only', ','.join(only)]
        self.harness(*words)
        out = {}
        for row in read(report)['results']:
            if row['result'] in ('pass', 'fail'):
                out['%s/%s' % (row['scenario'], row['n'])] = (row['result'] == 'pass', row['group'])
        return out

    def scenario_of(self, key):
        return key.rsplit('/', 1)[0]


class Fed(Suite):
    name = 'fed'
    program, recorded = 'fedgolden.py', 'golden'

    def prepare(self):
        sys.path.insert(0, os.path.join(HERE, 'fed'))
        import ops
        import remote

        s = self.stand
        s.clear()
        s.start_redis()
        authority = remote.CA(s.path('fediverse')).path
        trusted = s.path('trusted.pem')
        with open(trusted, 'w') as out:
            for path in ('/etc/ssl/certs/ca-certificates.crt', authority):
                if os.path.exists(path):
                    with open(path) as f:
                        out.write(f.read())
        # Without root there is neither port 443 nor /etc/hosts: the fake hosts then speak plain http and are named by address.
        self.plain = [] if os.geteuid() == 0 else ['--plain', str(stands.free_port())]
        if not self.plain:
            self.port_443 = alone(os.path.join(tempfile.gettempdir(), 'ferrodon-fediverse.lock'))
            name_hosts(remote.hosts_lines())
        s.set_env(LOCAL_DOMAIN='local.test', ALLOWED_PRIVATE_ADDRESSES='127.0.0.0/8', SSL_CERT_FILE=trusted)
        s.run('db', 'setup')
        accounts = ops.seed(s)
        for program in ('web', 'worker', 'streaming'):
            s.start(program)
        s.save()
        write(s.path('cfg.json'), {
            'base_url': s.base(), 'public_host': 'local.test', 'streaming_url': s.base('streaming', 'ws'), 'accounts': accounts,
            'settle': {'quiet': 1.2, 'max': 15, 'barrier': 20, 'subscribe': 0.6, 'stream': 0.5}, 'debounce': 6.5,
            'commands': ops.commands(s),
        })

    def play(self, only, report):
        words = [self.harness_file(), 'check', '--cfg', self.stand.path('cfg.json'), '--report', report, '--set', 'all', '--state', self.stand.path('fediverse'),
                 '--golden', self.args.golden or os.path.join(HERE, 'fed', self.recorded), *self.plain]
        if only:
            words += ['--only', '|'.join(regular(pattern) for pattern in only)]
        self.harness(*words)
        return {r['scenario']: (r['result'] == 'same', '%d differences' % len(r.get('differences', ()))) for r in read(report)['results'] if r['result'] != 'skipped'}

    def harness_file(self):
        """The harness reads the scenarios beside itself: for others it is laid out anew with links."""
        other = self.args.scenarios
        here = os.path.join(HERE, 'fed')
        if not other:
            return os.path.join(here, self.program)
        laid = self.stand.path('harness')
        os.makedirs(os.path.join(laid, 'scenarios'), exist_ok=True)
        for folder, into in ((here, laid), (os.path.join(here, 'scenarios'), os.path.join(laid, 'scenarios'))):
            for name in os.listdir(folder):
                if name.endswith('.py'):
                    link(os.path.join(folder, name), os.path.join(into, name))
        link(os.path.abspath(other), os.path.join(laid, 'scenarios', 'open'))
        return os.path.join(laid, self.program)


class Stream(Fed):
    name = 'stream'
    program, recorded = 'streamgolden.py', 'golden-stream'

    def harness_file(self):
        other = self.args.scenarios
        if other and os.path.exists(os.path.join(other, self.program)):
            return os.path.join(other, self.program)
        return os.path.join(HERE, 'fed', self.program)


class Media(Suite):
    name = 'media'

    def prepare(self):
        sys.path.insert(0, os.path.join(HERE, 'fed'))
        import ops

        s = self.stand
        s.clear()
        s.start_redis()
        s.set_env(LOCAL_DOMAIN='social.example', FERRODON_RATE_LIMITS='false')
        s.run('db', 'setup')
        self.token = ops.make_user(s, 'alice')
        for program in ('web', 'worker'):
            s.start(program)

    def play(self, only, report):
        s = self.stand
        golden = self.args.golden or os.path.join(HERE, 'media', 'golden.jsonl')
        if os.path.isdir(golden):
            golden = os.path.join(golden, 'golden.jsonl')
        chosen = s.path('golden.jsonl')
        names = []
        with open(golden) as f, open(chosen, 'w') as out:
            for line in f:
                row = json.loads(line)
                if row['answer'] >= 500 or (row.get('final') or 0) >= 500 or only and not any(fnmatch.fnmatch(row['file'], p) for p in only):
                    continue
                names.append(row['file'])
                out.write(line)
        p = subprocess.run([sys.executable, os.path.join(HERE, 'media', 'upload.py'), 'check', '--base', s.base(), '--host', 'social.example', '--token=' + self.token,
                            '--dir', self.args.scenarios or os.path.join(HERE, 'media', 'files'), '--system', s.path('public/system'), '--golden', chosen],
                           stdout=subprocess.PIPE, text=True)
        print(p.stdout, end='')
        if p.returncode not in (0, 1) or not re.search(r'\d+ passed, \d+ failed', p.stdout):
            raise stands.Failed('the upload harness broke off')
        notes = {}
        for line in p.stdout.splitlines():
            m = re.match(r'(\S+): (.*?): recorded ', line)
            if m:
                notes.setdefault(m[1], []).append(m[2])
        out = {name: (name not in notes, ', '.join(notes.get(name, ()))) for name in names}
        write(report, {'failed': notes})
        return out


class Push(Suite):
    """Messages to a push service that decrypts them: every one is as one that Mastodon sent."""

    name = 'push'
    # what another time, name or token makes different
    own = ('content-length', 'date', 'digest', 'unsubscribe-url', 'user-agent')
    # what an HTTP client says by itself: Mastodon's that it keeps the connection, ours that it takes any answer
    client = ('accept', 'connection')

    def prepare(self):
        if os.geteuid() != 0:
            raise Absent('the push service listens on port 443, which needs root')
        sys.path.insert(0, os.path.join(HERE, 'fed'))
        import ops
        import remote

        s = self.stand
        s.clear()
        s.start_redis()
        self.port_443 = alone(os.path.join(tempfile.gettempdir(), 'ferrodon-fediverse.lock'))
        authority = remote.CA(s.path('fediverse'))
        authority.server_context('load-0001.test')
        self.pem = s.path('fediverse/load-0001.test.pem')
        s.set_env(LOCAL_DOMAIN='load.test', FERRODON_HOSTS='load-0001.test=127.1.0.1:443', ALLOWED_PRIVATE_ADDRESSES='127.0.0.0/8',
                  SSL_CERT_FILE=authority.path)
        s.run('db', 'setup')
        self.tokens = {name: ops.make_user(s, name) for name in ('load10', 'load11', 'load12')}
        s.sql("UPDATE accounts SET display_name = 'Load 12', note = 'Local account number 12' WHERE username = 'load12';")
        for program in ('web', 'worker'):
            s.start(program)

    def play(self, only, report):
        s = self.stand
        self.harness(os.path.join(HERE, 'push', 'push.py'), '--base', s.base(), '--host', 'load.test', '--bind', '127.1.0.1', '--name', 'load-0001.test',
                     '--pem', self.pem, '--reader=' + self.tokens['load10'], '--old-reader=' + self.tokens['load11'], '--actor=' + self.tokens['load12'],
                     '--json', report)
        sent = {self.named(row): self.comparable(row) for row in (read(report) if os.path.exists(report) else [])}
        recorded = {self.named(row): self.comparable(row) for row in read(self.args.golden or os.path.join(HERE, 'push', 'golden.json'))}
        out = {}
        for name in sorted(recorded.keys() | sent.keys()):
            if only and not any(fnmatch.fnmatch(name, pattern) for pattern in only):
                continue
            ours, theirs = sent.get(name), recorded.get(name)
            out[name] = (ours == theirs, '' if ours == theirs else 'recorded %s, sent %s' % (theirs, ours))
        for name, (passed, note) in out.items():
            print('%s %s %s' % ('same' if passed else 'DIFFERENT', name, note))
        return out

    @staticmethod
    def named(row):
        """A path that is also a name: `new/mention/careful`."""
        return '/'.join((row['path'].split('/')[-1], row['payload']['notification_type'], row['payload']['body'].split()[0].lstrip('@')))

    def comparable(self, row):
        headers = {name: '' if name in self.own else value for name, value in row['headers'].items() if name not in self.client}
        vapid = dict(row['vapid'], claims=dict(row['vapid']['claims'], exp=''))
        return dict(row, headers=headers, vapid=vapid, payload=dict(row['payload'], notification_id=''), bytes='')


class World(Suite):
    name = 'world'
    counts = True

    def __init__(self, args):
        super().__init__(args)
        self.world = args.world or 'social'
        self.files = os.path.join(os.environ.get('FERRODON_WORLDS', os.path.join(ROOT, '..', 'shared', 'mastodon')), self.world)
        if args.scenarios:
            self.files = args.scenarios

    def prepare(self):
        if not os.path.exists(os.path.join(self.files, 'database.dump')):
            raise Absent('no recorded world in %s' % self.files)
        s = self.stand
        s.clear()
        r = subprocess.run(['pg_restore', '--no-owner', '--no-privileges', '-d', s.name, os.path.join(self.files, 'database.dump')], capture_output=True, text=True)
        if r.returncode:
            raise stands.Failed('pg_restore: ' + r.stderr[-2000:])
        # as autovacuum would have done by now
        s.sql('ANALYZE;')
        s.start_redis(os.path.join(self.files, 'redis.rdb.gz'))
        subprocess.run(['tar', '-xzf', os.path.join(self.files, 'media.tar.gz'), '-C', s.path('public'), '--no-same-owner'], check=True)
        with open(os.path.join(self.files, 'env.production')) as f:
            recorded = dict(line.strip().split('=', 1) for line in f if '=' in line)
        s.set_env(**recorded, PAPERCLIP_ROOT_PATH=s.path('public/system'), FERRODON_RATE_LIMITS='false')
        s.run('db', 'setup')
        # nothing but web: the recorded answers are those of a server whose jobs rest
        s.start('web')

    def play(self, only, report):
        answers = self.args.golden or os.path.join(self.files, 'answers-open.json.gz')
        if os.path.isdir(answers):
            answers = sorted(os.path.join(answers, n) for n in os.listdir(answers) if n.endswith('.json.gz'))[0]
        words = [os.path.join(HERE, 'world', 'world.py'), 'check', '--base', self.stand.base(), '--answers', answers, '--report', report]
        if self.world.endswith('-jobs'):
            words.append('--loose')
        if only:
            words += ['--only', '|'.join(only)]
        self.harness(*words)
        groups = read(report)['groups']
        return {'%s %s' % (self.world, group): tuple(counts) for group, counts in groups.items()}

    def hold_counts(self, results, only):
        return ratchet.hold_floors(self.name, results, only)


class Structure(Suite):
    name = 'structure'

    def prepare(self):
        self.stand.clear()
        folder = os.path.join(ROOT, 'migrations')
        for file in sorted(n for n in os.listdir(folder) if n.endswith('.sql')):
            with open(os.path.join(folder, file)) as f:
                stands.psql(self.stand.name, f.read(), '-1')

    def play(self, only, report):
        here = os.path.join(HERE, 'structure')
        with open(os.path.join(here, 'structure.sql')) as f:
            have = stands.psql(self.stand.name, f.read(), '-F', '\t').splitlines()
        # PostgreSQL 18 has a constraint for what `not null` of the column says already
        have = [fact for fact in have if not (fact.startswith('constraint\t') and '\tNOT NULL ' in fact)]
        with open(os.path.join(here, 'structure.tsv')) as f:
            want = f.read().splitlines()
        missing, added = set(want) - set(have), set(have) - set(want)
        for sign, facts in (('-', missing), ('+', added)):
            for fact in sorted(facts):
                print(sign, fact)
        write(report, {'missing': sorted(missing), 'added': sorted(added)})
        return {fact: (fact in want and fact in have, '') for fact in {*want, *have}}


class Text(Suite):
    """A table-driven test in crates/text reads the cases and tells for each kind how many are right."""

    name = 'text'
    counts = True

    def close(self):
        pass

    def play(self, only, report):
        env = dict(os.environ)
        # the whole workspace is named so that dependencies have the features that other builds give them
        if self.args.golden:
            cases = self.args.golden
            env['FERRODON_TEXT_CASES'] = os.path.join(cases, 'cases.jsonl') if os.path.isdir(cases) else cases
        p = subprocess.run(['cargo', 'test', '-q', '--workspace', '--test', 'cases', '--', '--nocapture'], cwd=ROOT, env=env,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(p.stdout, end='')
        kinds = {kind: (int(right), int(of) - int(right)) for kind, right, of in re.findall(r'^\.*(\w+): (\d+) of (\d+) right$', p.stdout, re.M)}
        kinds = {kind: n for kind, n in kinds.items() if not only or any(fnmatch.fnmatch(kind, pattern) for pattern in only)}
        if not kinds or p.returncode and not any(wrong for _, wrong in kinds.values()) and not only:
            raise stands.Failed('the test of the text cases did not finish')
        write(report, kinds)
        return kinds


class Absent(Exception):
    """There is nothing to play here; that is no failure."""


SUITES = {suite.name: suite for suite in (Rest, Fed, Stream, Media, Push, World, Structure, Text)}


def regular(pattern):
    """`follow`, `follow/*`, `in/note` → a regular expression for names like in/note."""
    if '*' in pattern or '/' in pattern:
        return '^' + fnmatch.translate(pattern)
    return '^' + re.escape(pattern) + '/'


def name_hosts(lines):
    """Adds the fake hosts to /etc/hosts; they lie under .test, which nobody else has."""
    with open('/etc/hosts') as f:
        known = f.read()
    new = [line for line in lines if line.split()[1] not in known.split()]
    if new:
        with open('/etc/hosts', 'a') as f:
            f.write(('' if known.endswith('\n') else '\n') + ''.join(line + ' # ferrodon tests\n' for line in new))


def alone(path):
    """Waits until no other run holds this file; holds it until the answer is dropped or we end."""
    f = open(path, 'a')
    try:
        fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print('waiting for another run of this suite', flush=True)
        fcntl.flock(f, fcntl.LOCK_EX)
    return f


def link(target, name):
    if os.path.lexists(name):
        os.remove(name)
    os.symlink(target, name)


def state_folder():
    return os.environ.get('FERRODON_STATE', os.path.join(ROOT, '.dev', 'conformance'))


def read(path):
    with open(path) as f:
        return json.load(f)


def write(path, value):
    with open(path, 'w') as f:
        json.dump(value, f, indent=1)


def play_again(suite, results, listed, report):
    """Scenarios that turned out otherwise than gaps.txt says get a second try; whichever result is as expected counts."""
    settled = results.keys() - ratchet.unsettled(suite.name)
    odd = {suite.scenario_of(key) for key in settled if results[key][0] == (key in listed)}
    if not odd or len(odd) > SECOND_TRIES:
        return
    print('once more: ' + ', '.join(sorted(odd)))
    for key, (passed, note) in suite.play(sorted(odd), report + '.again').items():
        if key in results and passed != (key in listed):
            results[key] = (passed, note)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('suite', choices=sorted(SUITES))
    p.add_argument('world', nargs='?')
    p.add_argument('--only', help='names or patterns, separated by commas')
    p.add_argument('--scenarios', help='another folder of scenarios (media: of files; world: of a recorded server)')
    p.add_argument('--golden', help='another folder of recordings')
    p.add_argument('--report', help='where the details go')
    p.add_argument('--ratchet', action='store_true', help='compare with gaps.txt and floors.txt: they may only get better')
    args = p.parse_args()
    # whoever ends us ends what we started too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    os.makedirs(state_folder(), exist_ok=True)
    report = os.path.abspath(args.report or os.path.join(state_folder(), args.suite + '.report.json'))
    for given in ('scenarios', 'golden'):
        path = getattr(args, given)
        if path is not None:
            setattr(args, given, os.path.abspath(path))
    only = args.only.split(',') if args.only else None
    suite = SUITES[args.suite](args)
    lock = alone(os.path.join(state_folder(), args.suite + '.lock'))
    listed = ratchet.gaps(suite.name)
    try:
        suite.prepare()
        results = suite.play(only, report)
        if args.ratchet and not suite.counts:
            play_again(suite, results, listed, report)
    except Absent as e:
        print('%s; skipped' % e)
        print('0 passed, 0 failed')
        return 0
    except stands.Failed as e:
        print(e)
        print('0 passed, 1 failed')
        return 1
    finally:
        suite.close()
        lock.close()
    if suite.counts:
        passed, failed = (sum(counts[i] for counts in results.values()) for i in (0, 1))
        held = not args.ratchet or suite.hold_counts(results, only)
    else:
        passed = sum(1 for ok, _ in results.values() if ok)
        failed = len(results) - passed
        held = not args.ratchet or ratchet.hold_gaps(suite.name, results, listed, only)
    print('%d passed, %d failed' % (passed, failed))
    return 0 if held and (args.ratchet or not failed) and passed + failed else 1


if __name__ == '__main__':
    sys.exit(main())
