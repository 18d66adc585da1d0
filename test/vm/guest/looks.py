"""looks.py UUID: looks for a map again and again, at the kernel's maps and at the daemon's, until SIGTERM.

Then prints JSON: how many looks there were, those at which one of the two lacked the map (with the time),
the errnos with which the daemon showed it as stale, and the fewest of its paths that it called usable.
"""
import json
import signal
import sys
import time

import kernel_probe
from agent import ask

# DM_UUID_FLAG of include/uapi/linux/dm-ioctl.h: with their UUIDs.
UUIDS = 1 << 14


def kernel_uuids():
    return {listed['uuid'] for listed in kernel_probe.dm('list', {'flags': UUIDS})['devices']}


def main():
    uuid = sys.argv[1]
    result = {'looks': 0, 'missing': [], 'stale': set(), 'fewestUsable': None}
    over = []
    signal.signal(signal.SIGTERM, lambda *_: over.append(True))
    while not over:
        # A daemon that was stopped answers when it goes on.
        maps = json.loads(ask({'ask': 'mpathd maps json', 'timeout': 60})['reply'])['maps']
        entry = next((one for one in maps if one['uuid'] == uuid), None)
        if entry is None:
            result['missing'].append(f'{time.monotonic():.1f} s: not in the daemon\'s tables')
        else:
            usable = entry['paths']['usable']
            result['fewestUsable'] = min(usable, usable if result['fewestUsable'] is None else result['fewestUsable'])
            if entry['stale'] is not None:
                result['stale'].add(entry['stale']['errno'])
        if uuid not in kernel_uuids():
            result['missing'].append(f'{time.monotonic():.1f} s: not in the kernel')
        result['looks'] += 1
        time.sleep(0.05)
    print(json.dumps({**result, 'stale': sorted(result['stale'])}))


if __name__ == '__main__':
    main()
