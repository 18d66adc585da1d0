"""What the kernel has, by its own ioctls and sysfs: no line of the product's code takes part.

Not by dmsetup, of which each look would start three: harness.test.ts compares the two.
"""
import glob
import json
import os

import kernel_probe

# include/uapi/linux/dm-ioctl.h
SUSPENDED, STATUS_TABLE = 1 << 1, 1 << 4


def attribute(path):
    try:
        with open(path, encoding='utf-8', errors='replace') as file:
            return file.read().strip()
    except OSError:
        return None


class Words:
    """The words of a target's table or status line, taken from the left."""

    def __init__(self, line):
        self.rest = line.split()

    def take(self):
        return self.rest.pop(0)

    def counted(self):
        return [self.take() for _ in range(int(self.take()))]


def parse_table(params):
    """dm-mpath.c multipath_status, STATUSTYPE_TABLE."""
    words = Words(params)
    features, handler = words.counted(), words.counted()
    count, first = int(words.take()), int(words.take())
    groups = []
    for _ in range(count):
        selector = words.take()
        words.counted()
        paths, per_path = int(words.take()), int(words.take())
        devices = []
        for _ in range(paths):
            devices.append(words.take())
            for _ in range(per_path):
                words.take()
        groups.append({'selector': selector, 'paths': devices})
    return {'features': features, 'handler': handler, 'firstGroup': first, 'groups': groups}


def parse_status(params):
    """dm-mpath.c multipath_status, STATUSTYPE_INFO: the state of each group (A, E, D) and path (A, F)."""
    words = Words(params)
    words.counted()
    words.counted()
    count, current = int(words.take()), int(words.take())
    groups, states, fails = [], {}, {}
    for _ in range(count):
        groups.append(words.take())
        words.counted()
        paths, per_path = int(words.take()), int(words.take())
        for _ in range(paths):
            device = words.take()
            states[device] = words.take()
            fails[device] = int(words.take())
            for _ in range(per_path):
                words.take()
    return {'currentGroup': current, 'groupStates': groups, 'states': states, 'failCounts': fails}


def multipath_target(control, devt, flags):
    """The one target of a map, if it is multipath; None if it has none, or went meanwhile."""
    targets = kernel_probe.dm('table', {'devt': devt, 'flags': flags}, control).get('targets', [])
    return targets[0] if len(targets) == 1 and targets[0]['type'] == 'multipath' else None


def read_maps(control):
    maps = []
    for listed in kernel_probe.dm('list', {}, control)['devices']:
        now = kernel_probe.dm('status', {'devt': listed['devt']}, control)
        if now['errno'] is not None:  # gone since the listing
            continue
        table, state = multipath_target(control, now['devt'], STATUS_TABLE), multipath_target(control, now['devt'], 0)
        if table is None and not now['uuid'].startswith('mpath-'):
            continue
        entry = {
            'name': now['name'], 'uuid': now['uuid'], 'devt': now['devt'], 'suspended': bool(now['flags'] & SUSPENDED),
            'events': now['eventNr'], 'open': now['open'],
            'diskseq': attribute(f'/sys/dev/block/{now["devt"]}/diskseq'),
            'sectors': 0, 'features': [], 'handler': [], 'firstGroup': 0, 'groups': [],
            'currentGroup': 0, 'groupStates': [], 'states': {}, 'failCounts': {},
        }
        if table is not None:
            entry['sectors'] = table['length']
            entry.update(parse_table(table['text']))
        if state is not None:
            entry.update(parse_status(state['text']))
        maps.append(entry)
    return maps


def read_disks():
    disks = []
    for directory in sorted(glob.glob('/sys/block/*')):
        device = attribute(directory + '/dev')
        if device is None:  # gone since the listing
            continue
        disks.append({
            'name': os.path.basename(directory), 'devt': device,
            'diskseq': attribute(directory + '/diskseq'),
            'wwid': attribute(directory + '/device/wwid') or attribute(directory + '/wwid'),
            'sectors': int(attribute(directory + '/size') or 0),
            'state': attribute(directory + '/device/state'),
            'holders': sorted(os.listdir(directory + '/holders')) if os.path.isdir(directory + '/holders') else [],
        })
    return disks


def read():
    maps = []
    # Without the control node's driver there are none.
    if os.path.exists('/sys/module/dm_mod'):
        # Closed again: a test may unload the driver.
        with open('/dev/mapper/control', 'rb', buffering=0) as control:
            maps = read_maps(control)
    return {'maps': maps, 'disks': read_disks()}


if __name__ == '__main__':
    print(json.dumps(read()))
