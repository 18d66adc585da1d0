"""Carries out the tests' requests in the guest.

Requests and answers are JSON lines on a serial port, or a request is a file, and a line has its number. A request has an `id` and one of
  run:   a bash command, with optional `stdin` and `timeout` (seconds)  -> rc, stdout, stderr, timedOut
  start: a bash command to leave running, its output in the file `log`  -> pid
  poll:  a pid given by start                                           -> rc (null while it runs)
  kill:  a pid, `signal`: its name; no error when it is gone             -> nothing
  read:  a file                                                         -> text (null: it is not there)
  write: a file, `text`: whole or not at all                            -> nothing
  ask:   a command for the daemon's socket, `timeout`                   -> reply
  mpathctl: arguments, with optional `env`                              -> rc, stdout, stderr (mpathctlServer.ts)
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
import tty

import kernel_probe
import truth

# Under QEMU; else User Mode Linux's serial line.
PORTS = ['/dev/virtio-ports/mpathd.agent', '/dev/ttyS0']
SOCKET = '\0/org/kernel/linux/storage/multipathd'
ENVIRONMENT = {
    'PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'HOME': '/root', 'LANG': 'C.UTF-8', 'TERM': 'dumb',
}

started = {}
mpathctl_server = None
mpathctl_lock = threading.Lock()


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


def kill(request):
    try:
        os.kill(request['kill'], signal.Signals[f'SIG{request["signal"]}'])
    except ProcessLookupError:
        pass
    return {}


def read_file(request):
    try:
        with open(request['read'], 'rb') as file:
            return {'text': text(file.read())}
    except FileNotFoundError:
        return {'text': None}


def write_file(request):
    path = request['write']
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(f'{path}.new', 'w', encoding='utf-8') as file:
        file.write(request['text'])
    os.rename(f'{path}.new', path)
    return {}


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


def ask_mpathctl(request):
    global mpathctl_server
    with mpathctl_lock:
        if mpathctl_server is None or mpathctl_server.poll() is not None:
            mpathctl_server = subprocess.Popen(
                ['node', '/project/build/vm/mpathctlServer.js'], cwd='/root', env=ENVIRONMENT,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        question = {'argv': request['mpathctl'], 'env': request.get('env', {})}
        mpathctl_server.stdin.write(json.dumps(question) + '\n')
        mpathctl_server.stdin.flush()
        return json.loads(mpathctl_server.stdout.readline())


def read_truth(_request):
    return {'truth': truth.read()}


def at_kernel(request):
    return {'values': kernel_probe.carry_out(request['kernel'])}


KINDS = {
    'run': run, 'start': start, 'poll': poll, 'kill': kill, 'read': read_file, 'write': write_file, 'ask': ask, 'mpathctl': ask_mpathctl, 'truth': read_truth,
    'kernel': at_kernel,
}


def request_of(message):
    """A number alone: the request itself is a file of the share."""
    if message.keys() != {'id'}:
        return message
    path = f'/out/request-{message["id"]}'
    with open(path, encoding='utf-8') as file:
        request = json.load(file)
    os.unlink(path)
    return {**request, **message}


def carry_out(request, answer):
    try:
        kind, = KINDS.keys() & request.keys()
        result = KINDS[kind](request)
    except Exception as failure:  # pylint: disable=broad-except  (goes to the test that asked)
        result = {'error': f'{type(failure).__name__}: {failure}'}
    answer({'id': request['id'], **result})


def main():
    port = os.open(next(filter(os.path.exists, PORTS)), os.O_RDWR | os.O_NOCTTY)
    if os.isatty(port):
        tty.setraw(port)
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
            threading.Thread(target=carry_out, args=(request_of(json.loads(line)), answer), daemon=True).start()


if __name__ == '__main__':
    sys.exit(main())
