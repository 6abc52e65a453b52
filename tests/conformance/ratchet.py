"""What is known not to be as Mastodon's: gaps.txt (may only get shorter) and floors.txt (may only rise)."""
import os

HERE = os.path.dirname(os.path.abspath(__file__))
GAPS, FLOORS = os.path.join(HERE, 'gaps.txt'), os.path.join(HERE, 'floors.txt')


def lines(path):
    if not os.path.exists(path):
        return
    with open(path) as f:
        for line in f:
            text = line.split('#')[0].strip()
            if text:
                yield text


def gaps(suite):
    """The steps of a suite that are listed as failing."""
    return {words[1] for words in (line.split() for line in lines(GAPS)) if words[0] == suite}


def unsettled(suite):
    """Steps listed as `? SUITE STEP`: they turned out one way and the other in equal runs, so neither way breaks a run."""
    return {words[2] for words in (line.split() for line in lines(GAPS)) if words[0] == '?' and words[1] == suite}


def hold_gaps(suite, results, listed, only):
    """Whether exactly the listed steps fail; says which do not. `results`: {step: (passed, note)}."""
    open_ones = unsettled(suite)
    results = {key: result for key, result in results.items() if key not in open_ones}
    broken = sorted(key for key, (passed, _) in results.items() if not passed and key not in listed)
    mended = sorted(key for key in listed if key in results and results[key][0])
    # a step that is not played any more cannot show that it fails
    unplayed = [] if only else sorted(key for key in listed if key not in results)
    for title, keys in (('fail, and are not in gaps.txt', broken), ('pass: take them out of gaps.txt', mended), ('are in gaps.txt, but were not played', unplayed)):
        if keys:
            print('%d steps %s:' % (len(keys), title))
            for key in keys:
                print('  %s %s   %s' % (suite, key, ('# ' + results[key][1]) if key in results and results[key][1] else ''))
    if listed or open_ones:
        print('%d known gaps, %d unsettled' % (len(listed), len(open_ones)))
    return not (broken or mended or unplayed)


def hold_floors(suite, results, only):
    """Whether at least as many reads are equal as floors.txt says. `results`: {group: (equal, different)}."""
    floors = {}
    for line in lines(FLOORS):
        words = line.split()
        if words[0] == suite:
            floors[' '.join(words[1:-1])] = int(words[-1])
    held = True
    for group, (equal, different) in sorted(results.items()):
        floor = floors.get(group, 0)
        word = ''
        if equal < floor and not only:
            held, word = False, 'LOWER than floors.txt: %d' % floor
        elif equal > floor:
            word = 'higher than floors.txt: %d' % floor
        print('%s %-28s %6d of %-6d %s' % (suite, group, equal, equal + different, word))
    return held
