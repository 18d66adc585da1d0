"""Gives a maker of maps one configuration after the other, and reads what it made of each.

Reads a JSON object: `maker`, a key of MAKERS; `steps`, each with `name`, `files` (below /etc, with their texts) and
`keep`, true if the maps and state files of the step before stay; `out`, the file that the answers are written to as
JSON, in the order of the steps. Of the kernel it reads what its ioctls and sysfs say; nothing is interpreted here.
"""
import glob
import json
import os
import shutil
import subprocess
import sys
import time

import kernel_probe
from agent import ask

# The tool waits some milliseconds for a target's answer. On a busy machine it gives up and takes another prioritizer.
GAVE_UP = 'alua failed'
ATTEMPTS = 5
STATE = ('/etc/multipath.conf', '/etc/multipath', '/run/multipath')
BINDINGS, WWIDS = '/etc/multipath/bindings', '/etc/multipath/wwids'
# include/uapi/linux/dm-ioctl.h
UUIDS, STATUS_TABLE = 1 << 14, 1 << 4
REST_S = 60
WWIDS_S = 10
WHOLE_S = 5


def run(*command, stderr=subprocess.STDOUT):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=stderr, text=True, errors='replace', check=False)
    return {'rc': done.returncode, 'text': done.stdout}


def text_of(path):
    try:
        with open(path, encoding='utf-8', errors='replace') as file:
            return file.read()
    except OSError:
        return None


def disks():
    return sorted(os.path.basename(path) for pattern in ('sd*', 'nvme*n*') for path in glob.glob('/sys/block/' + pattern))


def limit_file(device):
    return f'/sys/block/{device}/queue/max_sectors_kb'


def map_rows():
    """Name, UUID and number of every device of device-mapper's."""
    return [(one['name'], one['uuid'] or '', one['devt']) for one in kernel_probe.dm('list', {'flags': UUIDS})['devices']]


def table_lines(rows):
    """As `dmsetup table --target multipath` prints them, names as they are."""
    for name, _, devt in rows:
        for target in kernel_probe.dm('table', {'devt': devt, 'flags': STATUS_TABLE}).get('targets', []):
            if target['type'] == 'multipath':
                yield f'{name}: {target["start"]} {target["length"]} multipath {target["text"]}\n'


def remove_maps():
    """A map whose table the kernel refuses is made and taken away by the daemon meanwhile: gone is gone."""
    for _ in range(20):
        names = [name for name, uuid, _ in map_rows() if uuid.startswith('mpath-')]
        if not names:
            return
        done = run('dmsetup', 'remove', '--retry', '--manglename', 'none', *names)
    raise RuntimeError(f'maps cannot be removed: {done["text"]}')


def forget_all(limits):
    """As on a machine that never had a multipath map."""
    remove_maps()
    for path in STATE:
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.exists(path):
            os.unlink(path)
    for device, limit in limits.items():
        if text_of(limit_file(device)) != limit:
            with open(limit_file(device), 'w', encoding='ascii') as file:
                file.write(limit)


def put_files(files):
    shutil.rmtree('/etc/multipath/conf.d', ignore_errors=True)
    for path, text in files.items():
        target = os.path.join('/etc', path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, 'w', encoding='utf-8') as file:
            file.write(text)


def whole_rows():
    """A refused map is made and taken away again at each try of the daemon: it is there only if it stays."""
    deadline = time.monotonic() + WHOLE_S
    while True:
        rows = map_rows()
        tables = [kernel_probe.dm('table', {'devt': devt, 'flags': STATUS_TABLE}) for _, _, devt in rows]
        if all(one.get('targets') for one in tables) or time.monotonic() > deadline:
            return rows
        time.sleep(0.1)


def kernel_state():
    """Tables as they are live, whatever gave the maps their names."""
    rows = whole_rows()
    maps = [{'name': name, 'uuid': uuid, 'devt': devt, 'node': f'dm-{devt.split(":")[1]}'} for name, uuid, devt in rows]
    for one in maps:
        one['udev'] = text_of(f'/run/udev/data/b{one["devt"]}')
        one['maxSectorsKb'] = text_of(limit_file(one['node']))
    return {'maps': maps, 'table': ''.join(table_lines(rows))}


def multipath(step):
    # -q: without it queueing is switched off where no daemon runs. -r: without it maps that are there stay as they are.
    for _ in range(ATTEMPTS):
        made = run('multipath', '-q', '-v3', *(['-r'] if step['keep'] else []))
        if GAVE_UP not in made['text']:
            break
        if not step['keep']:
            remove_maps()
    return {'rc': made['rc'], 'log': made['text'], 'config': run('multipath', '-t', stderr=subprocess.DEVNULL)['text']}


def say(command, seconds=60):
    return ask({'ask': command, 'timeout': seconds})['reply']


def await_rest():
    """A map may come after the reconfigure is done, once its alias is in the bindings file; a check may have it reloaded."""
    deadline = time.monotonic() + REST_S
    quiet = 0
    while quiet < 3:
        if time.monotonic() > deadline:
            raise RuntimeError(f'mpathd does not come to rest: {say("mpathd status json")}')
        quiet = quiet + 1 if 'busy: False' in say('show status') else 0
        time.sleep(0.1)


def await_forgotten():
    """A removal that is noticed only after the reconfigure counts as somebody's wish that the map stays away."""
    deadline = time.monotonic() + REST_S
    while json.loads(say('mpathd maps json'))['maps']:
        if time.monotonic() > deadline:
            raise RuntimeError('mpathd does not notice that the maps are gone')
        time.sleep(0.1)


def plan_of_whole_maps():
    """The daemon may be trying once more what the kernel has refused in the step before: then a map is in the making."""
    deadline = time.monotonic() + REST_S
    while True:
        plan = say('mpathd plan json')
        after = [one['after'] for one in json.loads(plan)['maps']]
        if all(state is None or state['table'] != '' for state in after) or time.monotonic() > deadline:
            return plan
        time.sleep(0.2)


def await_wwids():
    """The file is written once the map is there. If it never is, the comparison tells."""
    deadline = time.monotonic() + WWIDS_S
    while time.monotonic() < deadline:
        listed = (text_of(WWIDS) or '').splitlines()
        wwids = [uuid[len('mpath-'):] for _, uuid, _ in map_rows() if uuid.startswith('mpath-')]
        if all(f'/{wwid}/' in listed for wwid in wwids):
            return
        time.sleep(0.2)


def mpathd(step):
    if not step['keep']:
        await_forgotten()
    plan = plan_of_whole_maps()
    reply = say('mpathd reconfigure')
    await_rest()
    await_wwids()
    return {
        'rc': 0 if reply == 'ok\n' else 1, 'log': reply, 'plan': plan,
        'config': say('show config'), 'paths': say('show paths raw format "%d|%w|%p|%t"'),
    }


def quieten():
    """A map that the kernel has refused is tried again each few seconds: not while its step's files are taken away."""
    if json.loads(say('mpathd status json'))['paths']['orphans'] > 0:
        put_files({'multipath.conf': 'blacklist {\n\tdevnode ".*"\n}\n'})
        say('mpathd reconfigure')
        await_rest()


MAKERS = {'multipath': multipath, 'mpathd': mpathd}
QUIETEN = {'multipath': lambda: None, 'mpathd': quieten}


def main():
    order = json.load(sys.stdin)
    limits = {device: text_of(limit_file(device)) for device in disks()}
    answers = []
    for step in order['steps']:
        begun = time.monotonic()
        if not step['keep']:
            QUIETEN[order['maker']]()
            forget_all(limits)
        put_files(step['files'])
        try:
            answer = MAKERS[order['maker']](step)
        except RuntimeError as error:
            raise RuntimeError(f'{step["name"]}: {error}') from error
        answers.append({
            'name': step['name'], **answer, **kernel_state(),
            'bindings': text_of(BINDINGS), 'wwids': text_of(WWIDS), 'seconds': round(time.monotonic() - begun, 2),
        })
    QUIETEN[order['maker']]()
    forget_all(limits)
    with open(order['out'], 'w', encoding='utf-8') as file:
        json.dump(answers, file)


if __name__ == '__main__':
    main()
