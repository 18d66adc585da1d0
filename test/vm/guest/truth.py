"""What the kernel has, read with dmsetup and from sysfs: no line of the product's code takes part."""
import glob
import json
import os
import re
import subprocess

SEPARATOR = '\x1f'


def dmsetup(*arguments):
    done = subprocess.run(['dmsetup', *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f'dmsetup {" ".join(arguments)}: {done.stderr.strip()}')
    return done.stdout


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


def multipath_lines(command):
    """name -> (sectors, parameters) of the maps with a multipath target."""
    lines = {}
    for line in dmsetup(command, '--target', 'multipath', '--manglename', 'none').splitlines():
        match = re.fullmatch(r'(.*?): 0 (\d+) multipath (.*)', line)
        if match:
            lines[match[1]] = (int(match[2]), match[3])
    return lines


def read_maps():
    tables, states = multipath_lines('table'), multipath_lines('status')
    fields = 'name,uuid,major,minor,suspended,events,open'
    maps = []
    for line in dmsetup('info', '-c', '--noheadings', '--manglename', 'none', '--separator', SEPARATOR, '-o', fields).splitlines():
        words = line.strip().split(SEPARATOR)
        if len(words) != len(fields.split(',')):
            continue  # "No devices found"
        name, uuid, major, minor, suspended, events, opened = words
        if name not in tables and not uuid.startswith('mpath-'):
            continue
        entry = {
            'name': name, 'uuid': uuid, 'devt': f'{major}:{minor}', 'suspended': suspended == 'Suspended',
            'events': int(events), 'open': int(opened),
            'diskseq': attribute(f'/sys/dev/block/{major}:{minor}/diskseq'),
            'sectors': 0, 'features': [], 'handler': [], 'firstGroup': 0, 'groups': [],
            'currentGroup': 0, 'groupStates': [], 'states': {}, 'failCounts': {},
        }
        if name in tables:
            entry['sectors'] = tables[name][0]
            entry.update(parse_table(tables[name][1]))
        if name in states:
            entry.update(parse_status(states[name][1]))
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
    # Without the control node's driver there are no maps, and dmsetup would only complain.
    return {'maps': read_maps() if os.path.exists('/sys/module/dm_mod') else [], 'disks': read_disks()}


if __name__ == '__main__':
    print(json.dumps(read()))
