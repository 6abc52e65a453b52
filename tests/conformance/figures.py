#!/usr/bin/env python3
"""Prints the figures at the end of a log: of cargo test summed up, of a suite its last line."""
import re
import sys

with open(sys.argv[1], errors='replace') as f:
    text = f.read()
tests = re.findall(r'^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored', text, re.M)
last = re.findall(r'^\d+ passed, \d+ failed.*$', text, re.M)
if last:
    steady = re.findall(r'^\d+ known gaps$', text, re.M)
    print(last[-1] + (' (%s)' % steady[-1] if steady else ''))
elif tests:
    passed, failed, ignored = (sum(int(t[i]) for t in tests) for i in range(3))
    print('%d passed, %d failed%s' % (passed, failed, ', %d ignored' % ignored if ignored else ''))
