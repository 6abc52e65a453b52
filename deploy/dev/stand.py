"""One server on a test stand: a database, a Redis and a folder of its own, and the three programs on free ports.

Everything about it lies in one folder, so that another process (tests/conformance/fed/ops.py) can restart a program:
stand.json (environment and ports), run/<program>.pid, log/<program>.log. PostgreSQL is the one that PGHOST names.
"""
import gzip
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import make_env  # noqa: E402

START_SECONDS = 60
# of our own environment, programs get no more than this: a DATABASE_URL meant for tests must not reach them
KEPT = ('PATH', 'HOME', 'LANG', 'TMPDIR', 'RUST_LOG', 'RUST_BACKTRACE')


class Failed(Exception):
    """The stand could not be put up; the text says why."""


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def psql(database, statement, *options):
    r = subprocess.run(['psql', '-qAtX', '-v', 'ON_ERROR_STOP=1', *options, '-d', database], input=statement, capture_output=True, text=True)
    if r.returncode:
        raise Failed('psql: ' + r.stderr.strip()[-2000:])
    return r.stdout.strip()


class Stand:
    def __init__(self, folder, programs):
        self.folder, self.programs = os.path.abspath(folder), os.path.abspath(programs)
        self.name = 'stand_' + os.path.basename(self.folder).replace('-', '_')
        self.sockets = None
        self.env, self.ports = {}, {}

    # -- what it stands on

    def clear(self):
        """Stops what an earlier run left, and begins with nothing."""
        if os.path.exists(self.path('stand.json')):
            # its programs may have been others
            Stand(self.folder, '.').load().stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        for sub in ('log', 'run', 'public/system'):
            os.makedirs(self.path(sub))
        psql('postgres', 'DROP DATABASE IF EXISTS %s WITH (FORCE);' % self.name)
        psql('postgres', 'CREATE DATABASE %s;' % self.name)
        # socket paths are short
        self.sockets = tempfile.mkdtemp(prefix='stand-')
        self.ports = {'web': free_port(), 'streaming': free_port()}
        self.env = {}

    def set_env(self, **variables):
        """The environment: secrets are made, stores are ours, `variables` go over both."""
        self.env = dict(
            make_env.make(),
            RAILS_ENV='production',
            RAILS_SERVE_STATIC_FILES='true',
            SMTP_DELIVERY_METHOD='file',
            # the private PostgreSQL does not wait for the disk, and says so
            FERRODON_UNSAFE_DATABASE='true',
            PAPERCLIP_ROOT_PATH=self.path('public/system'),
        )
        self.env.update(variables)
        for name in [n for n in self.env if n.startswith(('DB_', 'REDIS_', 'DATABASE_'))]:
            del self.env[name]
        self.env.update(DB_HOST=os.environ['PGHOST'], DB_PORT=os.environ.get('PGPORT', '5432'), DB_USER=os.environ.get('PGUSER', 'postgres'),
                        DB_NAME=self.name, REDIS_URL='unix://' + self.redis_socket())
        self.save()

    def start_redis(self, dump=None):
        data = self.path('redis')
        os.makedirs(data)
        if dump:
            with gzip.open(dump, 'rb') as source, open(os.path.join(data, 'dump.rdb'), 'wb') as out:
                shutil.copyfileobj(source, out)
        subprocess.run(['redis-server', '--port', '0', '--unixsocket', self.redis_socket(), '--dir', data, '--save', '', '--daemonize', 'yes',
                        '--pidfile', self.path('run/redis.pid'), '--logfile', self.path('log/redis.log')], check=True, stdout=subprocess.DEVNULL)
        end = time.time() + START_SECONDS
        while self.redis('ping') != 'PONG':
            if time.time() > end:
                raise Failed('Redis does not start, see ' + self.path('log/redis.log'))
            time.sleep(0.05)

    def redis(self, *words):
        return subprocess.run(['redis-cli', '-s', self.redis_socket(), *words], capture_output=True, text=True).stdout.strip()

    def sql(self, statement):
        return psql(self.name, statement)

    # -- programs

    def run(self, *words, **variables):
        """A command of the product, for example run('accounts', 'create', …); its output."""
        r = subprocess.run([os.path.join(self.programs, 'ferrodon'), *words], env=self.environment(variables), cwd=self.folder,
                           capture_output=True, text=True, timeout=300)
        if r.returncode:
            raise Failed('ferrodon %s: %s' % (' '.join(words), (r.stderr or r.stdout).strip()[-2000:]))
        return r.stdout

    def environment(self, variables=()):
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return {**kept, **self.env, **dict(variables)}

    def start(self, name, **variables):
        """Starts web, worker or streaming and returns when it answers (a worker: when it has lived for half a second)."""
        command = {'web': ['ferrodon', 'web'], 'worker': ['ferrodon-worker'], 'streaming': ['ferrodon-streaming']}[name]
        command[0] = os.path.join(self.programs, command[0])
        if not os.path.exists(command[0]):
            raise Failed('there is no %s: cargo build --workspace --bins' % command[0])
        if name in self.ports:
            variables = dict(variables, BIND='127.0.0.1', PORT=str(self.ports[name]))
            self.wait_for_port(self.ports[name])
        log = self.path('log/%s.log' % name)
        with open(log, 'ab') as out:
            p = subprocess.Popen(command, env=self.environment(variables), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=subprocess.STDOUT, start_new_session=True)
        with open(self.path('run/%s.pid' % name), 'w') as f:
            f.write(str(p.pid))
        path = {'web': '/health', 'streaming': '/api/v1/streaming/health'}.get(name)
        end = time.time() + (START_SECONDS if path else 0.5)
        while time.time() < end:
            if p.poll() is not None:
                with open(log, errors='replace') as f:
                    raise Failed('%s stopped at once:\n%s' % (name, ''.join(f.readlines()[-15:])))
            if path and self.healthy(self.ports[name], path) and p.poll() is None:
                return p.pid
            time.sleep(0.02)
        if path:
            raise Failed('%s does not answer within %d s, see %s' % (name, START_SECONDS, log))
        return p.pid

    @staticmethod
    def wait_for_port(port):
        """Another process may have taken a port since it was chosen; what that answers must not be taken for ours."""
        end = time.time() + START_SECONDS
        while True:
            with socket.socket() as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    return s.bind(('127.0.0.1', port))
                except OSError as e:
                    if time.time() > end:
                        raise Failed('port %d is taken by another process: run it again' % port) from e
            time.sleep(0.1)

    @staticmethod
    def healthy(port, path):
        try:
            c = http.client.HTTPConnection('127.0.0.1', port, timeout=5)
            c.request('GET', path)
            return c.getresponse().status == 200
        except OSError:
            return False

    def pid(self, name):
        try:
            with open(self.path('run/%s.pid' % name)) as f:
                return int(f.read())
        except (OSError, ValueError):
            return None

    def stop_program(self, name, seconds=35):
        pid = self.pid(name)
        if pid is None or not ours(pid):
            return
        os.kill(pid, signal.SIGTERM)
        end = time.time() + seconds
        while ours(pid):
            if time.time() > end:
                os.kill(pid, signal.SIGKILL)
                print('%s did not stop within %d s and was killed' % (name, seconds), file=sys.stderr)
                break
            time.sleep(0.05)
        os.remove(self.path('run/%s.pid' % name))

    def stop(self, drop=True):
        for name in ('web', 'streaming', 'worker'):
            self.stop_program(name)
        if self.sockets and os.path.isdir(self.sockets):
            self.redis('shutdown', 'nosave')
            shutil.rmtree(self.sockets, ignore_errors=True)
        if drop:
            psql('postgres', 'DROP DATABASE IF EXISTS %s WITH (FORCE);' % self.name)

    # -- the folder

    def path(self, relative):
        return os.path.join(self.folder, relative)

    def redis_socket(self):
        return os.path.join(self.sockets, 'redis.sock')

    def base(self, name='web', scheme='http'):
        return '%s://127.0.0.1:%d' % (scheme, self.ports[name])

    def save(self):
        with open(os.open(self.path('stand.json'), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as f:
            json.dump({'env': self.env, 'ports': self.ports, 'sockets': self.sockets, 'programs': self.programs}, f, indent=1)

    def load(self):
        with open(self.path('stand.json')) as f:
            d = json.load(f)
        self.env, self.ports, self.sockets, self.programs = d['env'], d['ports'], d['sockets'], d['programs']
        return self


def ours(pid):
    """Whether a process lives and is one of our programs: ids are used again after a restart of the machine."""
    try:
        with open('/proc/%d/stat' % pid) as f:
            text = f.read()
    except OSError:
        return False
    name, state = text[text.index('(') + 1:text.rindex(')')], text[text.rindex(')') + 2]
    if state == 'Z':
        try:
            os.waitpid(pid, os.WNOHANG)
        except OSError:
            pass
        return False
    return name.startswith('ferrodon')


if __name__ == '__main__':
    # stand.py FOLDER...: stops what runs that broke off have left there
    for given in sys.argv[1:]:
        Stand(given, '.').load().stop(drop=False)
