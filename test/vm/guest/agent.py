"""Carries out the tests' requests in the guest.

Requests and answers are JSON lines on a virtio-serial port. A request has an `id` and one of
  run:   a bash command, with optional `stdin` and `timeout` (seconds)  -> rc, stdout, stderr, timedOut
  start: a bash command to leave running, its output in the file `log`  -> pid
  poll:  a pid given by start                                           -> rc (null while it runs)
  ask:   a command for the daemon's socket, `timeout`                   -> reply
  truth: true                                                           -> truth (see truth.py)
  kernel: steps at the kernel's raw interfaces                          -> values (see kernel_probe.py)
Each is carried out in a thread of its own, so that one that hangs blocks no other. A failure of the
agent itself is answered with `error`.
"""
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import kernel_probe
import truth

PORT = '/dev/virtio-ports/mpathd.agent'
SOCKET = '\0/org/kernel/linux/storage/multipathd'
ENVIRONMENT = {
    'PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'HOME': '/root', 'LANG': 'C.UTF-8', 'TERM': 'dumb',
}

started = {}


def kill_session(process):
    """Kills a command with all that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def text(data):
    return (data or b'').decode('utf-8', 'replace')


def run(request):
    process = subprocess.Popen(
        ['bash', '-c', request['run']], cwd='/root', env=ENVIRONMENT, start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    timed_out = False
    try:
        out, err = process.communicate(request.get('stdin', '').encode(), request['timeout'])
    except subprocess.TimeoutExpired:
        timed_out = True
        kill_session(process)
        try:
            out, err = process.communicate(timeout=2)
        except subprocess.TimeoutExpired as stuck:  # in an uninterruptible sleep
            out, err = stuck.stdout, stuck.stderr
    return {'rc': process.returncode, 'stdout': text(out), 'stderr': text(err), 'timedOut': timed_out}


def start(request):
    with open(request['log'], 'ab') as log:
        process = subprocess.Popen(
            ['bash', '-c', request['start']], cwd='/root', env=ENVIRONMENT, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    started[process.pid] = process
    return {'pid': process.pid}


def poll(request):
    return {'rc': started[request['poll']].poll()}


def receive(connection, size):
    data = b''
    while len(data) < size:
        part = connection.recv(min(size - len(data), 1 << 16))
        if not part:
            raise ConnectionError(f'the daemon closed the connection after {len(data)} of {size} bytes')
        data += part
    return data


def ask(request):
    deadline = time.monotonic() + request['timeout']
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(request['timeout'])
        connection.connect(SOCKET)
        command = request['ask'].encode() + b'\0'
        connection.sendall(struct.pack('<Q', len(command)) + command)
        size, = struct.unpack('<Q', receive(connection, 8))
        connection.settimeout(max(0.001, deadline - time.monotonic()))
        return {'reply': text(receive(connection, size)).rstrip('\0')}


def read_truth(_request):
    return {'truth': truth.read()}


def at_kernel(request):
    return {'values': kernel_probe.carry_out(request['kernel'])}


KINDS = {'run': run, 'start': start, 'poll': poll, 'ask': ask, 'truth': read_truth, 'kernel': at_kernel}


def carry_out(request, answer):
    try:
        kind, = KINDS.keys() & request.keys()
        result = KINDS[kind](request)
    except Exception as failure:  # pylint: disable=broad-except  (goes to the test that asked)
        result = {'error': f'{type(failure).__name__}: {failure}'}
    answer({'id': request['id'], **result})


def main():
    port = os.open(PORT, os.O_RDWR)
    writing = threading.Lock()

    def answer(message):
        data = memoryview(json.dumps(message).encode() + b'\n')
        with writing:
            while data:
                data = data[os.write(port, data):]

    answer({'id': 0, 'uptime': float(open('/proc/uptime').read().split()[0])})
    # Not readline: buffered reading would wait for a full buffer.
    rest = b''
    while True:
        data = os.read(port, 1 << 16)
        if not data:
            return 0
        *lines, rest = (rest + data).split(b'\n')
        for line in lines:
            threading.Thread(target=carry_out, args=(json.loads(line), answer), daemon=True).start()


if __name__ == '__main__':
    sys.exit(main())
