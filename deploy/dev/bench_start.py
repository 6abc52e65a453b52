#!/usr/bin/env python3
"""Memory of the three programs after their start, and how soon web gives its first answer. `./dev bench start` calls this."""
import http.client
import os
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import stand as stands  # noqa: E402

RUNS = 7
MEMORY_MIB, ANSWER_MS = 120, 300


def resident(pid):
    with open('/proc/%d/status' % pid) as f:
        return next(int(line.split()[1]) for line in f if line.startswith('VmRSS:')) / 1024


def first_answer(stand):
    """Milliseconds from exec to the last byte of the instance document, on a migrated database."""
    out = open(stand.path('log/first.log'), 'ab')
    port = stand.ports['web']
    start = time.perf_counter()
    p = subprocess.Popen([os.path.join(stand.programs, 'ferrodon'), 'web'], env=stand.environment({'BIND': '127.0.0.1', 'PORT': str(port)}),
                         cwd=stand.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    try:
        while True:
            try:
                c = http.client.HTTPConnection('127.0.0.1', port, timeout=5)
                c.request('GET', '/api/v2/instance', headers={'Host': stand.env['LOCAL_DOMAIN'], 'X-Forwarded-Proto': 'https'})
                answer = c.getresponse()
                answer.read()
                if answer.status != 200:
                    raise stands.Failed('the instance document answers %d' % answer.status)
                return 1000 * (time.perf_counter() - start)
            except OSError:
                if p.poll() is not None:
                    raise stands.Failed('web stopped, see ' + stand.path('log/first.log'))
                if time.perf_counter() - start > 30:
                    raise stands.Failed('no answer within 30 s')
                time.sleep(0.001)
    finally:
        p.terminate()
        p.wait()


def main():
    s = stands.Stand(os.path.join(os.environ['FERRODON_STATE'], 'start'), os.environ['FERRODON_BIN'])
    s.clear()
    try:
        s.start_redis()
        s.set_env(LOCAL_DOMAIN='bench.example')
        s.run('db', 'setup')
        times = [first_answer(s) for _ in range(RUNS)]
        pids = {name: s.start(name) for name in ('web', 'worker', 'streaming')}
        # what is done lazily at start has been done by then
        time.sleep(3)
        memory = {name: resident(pid) for name, pid in pids.items()}
    finally:
        s.stop()
    for name, mib in memory.items():
        print('resident after start  %-10s %6.1f MiB' % (name, mib))
    total, median = sum(memory.values()), statistics.median(times)
    print('resident after start  %-10s %6.1f MiB   (limit %d)' % ('together', total, MEMORY_MIB))
    print('first answer          median of %d  %5.0f ms   (slowest %.0f; limit %d)' % (RUNS, median, max(times), ANSWER_MS))
    return 0 if total <= MEMORY_MIB and median <= ANSWER_MS else 1


if __name__ == '__main__':
    try:
        sys.exit(main())
    except stands.Failed as e:
        sys.exit(str(e))
