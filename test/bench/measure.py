#!/usr/bin/env python3
"""Measures a multipath daemon from outside, in the guest: socket, sysfs and dmsetup only.

measure.py NAME COMMAND...   starts the daemon COMMAND, prints one JSON object of figures in ms.
The same script measures mpathd and multipathd, one after the other on the same disks.
"""
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time

ADDRESS = b'\0/org/kernel/linux/storage/multipathd'
ROUNDS = 5


class Daemon:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=open('/tmp/bench.log', 'w'))
        self.socket = None

    def ask(self, command):
        while True:
            try:
                if self.socket is None:
                    self.socket = socket.socket(socket.AF_UNIX)
                    self.socket.connect(ADDRESS)
                data = command.encode() + b'\0'
                self.socket.sendall(struct.pack('<Q', len(data)) + data)
                (length,) = struct.unpack('<Q', self.receive(8))
                return self.receive(length)[:-1].decode()
            except OSError:
                self.socket = None
                time.sleep(0.005)

    def receive(self, length):
        data = b''
        while len(data) < length:
            part = self.socket.recv(length - len(data))
            if not part:
                raise OSError('hung up')
            data += part
        return data

    def paths(self):
        return self.ask('show paths raw format %d').split()

    def maps(self):
        return self.ask('show maps raw format %w').split()


def until(condition, limit=60):
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > limit:
            raise SystemExit('no answer: ' + open('/tmp/bench.log').read()[-2000:])
    return (time.monotonic() - begin) * 1000


def multipath_maps():
    found = {}
    for name in os.listdir('/sys/block'):
        try:
            uuid = open(f'/sys/block/{name}/dm/uuid').read().strip()
        except OSError:
            continue
        if uuid.startswith('mpath-'):
            found[uuid[6:]] = name
    return found


def slaves():
    return sum(len(os.listdir(f'/sys/block/{name}/slaves')) for name in multipath_maps().values())


def disks():
    return sorted(name for name in os.listdir('/sys/block') if name.startswith('sd'))


def median(values):
    return round(sorted(values)[len(values) // 2], 2)


def write(path, text):
    with open(path, 'w') as file:
        file.write(text)


def delete_and_return(daemon, figures):
    """One path deleted: gone from the daemon's list, gone from the map; then scanned again."""
    for _ in range(ROUNDS):
        disk = disks()[0]
        hctl = os.path.basename(os.path.realpath(f'/sys/block/{disk}/device'))
        host, channel, target, lun = hctl.split(':')
        before = slaves()
        write(f'/sys/block/{disk}/device/delete', '1\n')
        begin = time.monotonic()
        gone = {}
        while len(gone) < 2 and time.monotonic() - begin < 30:
            if 'table' not in gone and disk not in daemon.paths():
                gone['table'] = (time.monotonic() - begin) * 1000
            if 'map' not in gone and slaves() < before:
                gone['map'] = (time.monotonic() - begin) * 1000
        figures['delete to gone from the tables'].append(gone.get('table', 30000.0))
        figures['delete to gone from the map'].append(gone.get('map', 30000.0))
        write(f'/sys/class/scsi_host/host{host}/scan', f'{channel} {target} {lun}\n')
        figures['scan to back in the map (udev included)'].append(until(lambda: slaves() == before))
        subprocess.run(['udevadm', 'settle'], check=False)


def remove_map(daemon, figures):
    """A map removed by dmsetup: gone from the daemon's list; then made again."""
    for _ in range(ROUNDS):
        subprocess.run(['udevadm', 'settle'], check=False)
        wwid = sorted(multipath_maps())[0]
        subprocess.run(['dmsetup', 'remove', '--uuid', f'mpath-{wwid}'], check=True, stdout=subprocess.DEVNULL)
        figures['dmsetup remove to gone'].append(until(lambda: wwid not in daemon.maps()))
        daemon.ask(f'add map {wwid}')
        until(lambda: wwid in multipath_maps() and wwid in daemon.maps())


def memory(pid):
    for line in open(f'/proc/{pid}/status'):
        if line.startswith('VmRSS'):
            return int(line.split()[1]) // 1024
    return 0


def main():
    name, command = sys.argv[1], sys.argv[2:]
    wanted = len(disks())
    figures = {key: [] for key in (
        'delete to gone from the tables', 'delete to gone from the map',
        'scan to back in the map (udev included)', 'dmsetup remove to gone')}
    begin = time.monotonic()
    daemon = Daemon(command)
    until(lambda: slaves() == wanted)
    started = (time.monotonic() - begin) * 1000
    until(lambda: len(daemon.paths()) == wanted)
    time.sleep(2)
    delete_and_return(daemon, figures)
    remove_map(daemon, figures)
    result = {key: median(values) for key, values in figures.items()}
    result['start to all maps made'] = round(started)
    result['resident memory, MiB'] = memory(daemon.process.pid)
    if name == 'mpathd':
        resyncs = []
        for _ in range(ROUNDS):
            daemon.ask('mpathd resync')
            resyncs.append(json.loads(daemon.ask('mpathd status json'))['truth']['lastResync']['durationMs'])
        result['resync'] = median(resyncs)
    daemon.process.send_signal(signal.SIGTERM)
    daemon.process.wait()
    print(json.dumps(result))


main()
