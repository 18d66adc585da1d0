"""Looks without a pause where the names of multipath maps lead, until SIGTERM.

Then prints JSON: how many looks there were, and what was wrong at them: a map with a disk of another LUN than its UUID
says, and a name in /dev/mapper that leads to another LUN's map. For disks whose WWID in sysfs is `naa.` and digits,
and whose maps have `mpath-3` and these.
"""
import json
import os
import signal
import time

import kernel_probe
from truth import attribute

# include/uapi/linux/dm-ioctl.h: with their UUIDs.
UUIDS = 1 << 14


def wwid_of(disk):
    wwid = attribute(f'/sys/block/{disk}/device/wwid') or ''
    return wwid.replace('naa.', 'mpath-3', 1) if wwid.startswith('naa.') else None


def misled_tables(devices):
    for one in devices:
        node = f'dm-{one["devt"].split(":")[1]}'
        try:
            slaves = os.listdir(f'/sys/block/{node}/slaves')
        except OSError:  # gone since the listing
            continue
        for slave in slaves:
            wwid = wwid_of(slave)
            # The map may be another by now: asked once more.
            if wwid not in (None, one['uuid']) and attribute(f'/sys/block/{node}/dm/uuid') == one['uuid']:
                yield f'{one["name"]} ({one["uuid"]}) has {slave}, which is {wwid}'


def misled_links(devices):
    for one in devices:
        link = f'/dev/mapper/{one["name"]}'
        node = os.path.basename(os.path.realpath(link))
        uuid, name = attribute(f'/sys/block/{node}/dm/uuid'), attribute(f'/sys/block/{node}/dm/name')
        # udev renames the link some time after the map: it is wrong only if the map behind it has this very name.
        if uuid is None or name != one['name'] or uuid == one['uuid']:
            continue
        now = kernel_probe.dm('status', {'name': one['name']})
        if now['errno'] is None and now['uuid'] == one['uuid']:
            yield f'{link} leads to {uuid}, not to {one["uuid"]}'


def main():
    over = []
    signal.signal(signal.SIGTERM, lambda *_: over.append(True))
    looks, misled = 0, []
    while not over:
        listed = kernel_probe.dm('list', {'flags': UUIDS})['devices']
        maps = [one for one in listed if (one['uuid'] or '').startswith('mpath-')]
        misled += [*misled_tables(maps), *misled_links(maps)]
        looks += 1
        time.sleep(0.005)
    print(json.dumps({'looks': looks, 'misled': misled}))


if __name__ == '__main__':
    main()
