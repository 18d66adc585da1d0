"""The kernel's own interfaces, raw: device-mapper ioctls, uevent sockets, sysfs. For test/kernelRules.

No library takes part, so that what a rule sees is the kernel's answer and nothing else's. A request is
{'kernel': [STEP, ...]}; a step is [function, arguments...]. The answer has one value per step.
"""
import ctypes
import ctypes.util
import errno
import fcntl
import mmap
import os
import select
import socket
import struct
import time

# ---- device-mapper: include/uapi/linux/dm-ioctl.h ------------------------------------------------

COMMANDS = {
    'version': 0, 'list': 2, 'create': 3, 'remove': 4, 'rename': 5, 'suspend': 6, 'status': 7,
    'load': 9, 'clear': 10, 'deps': 11, 'table': 12, 'message': 14, 'arm': 16,
}
HEADER = struct.Struct('=3I I I I i I I I Q 128s 129s 7s')
SPEC = struct.Struct('=QQiI16s')
BUFFER = 65536

control = None


def control_file():
    global control  # pylint: disable=global-statement  (poll() compares with what this very file was armed at)
    if control is None:
        control = os.open('/dev/mapper/control', os.O_RDWR)
    return control


def ioctl_number(command):
    return (3 << 30) | (HEADER.size << 16) | (0xfd << 8) | COMMANDS[command]


def dev_number(text):
    major, minor = (int(word) for word in text.split(':'))
    return os.makedev(major, minor)


def dev_text(number):
    return f'{os.major(number)}:{os.minor(number)}'


def string(data):
    return data.split(b'\0', 1)[0].decode()


def targets_of(data, start, count):
    found, at = [], start
    for _ in range(count):
        begin, length, _status, following, kind = SPEC.unpack_from(data, at)
        found.append({'start': begin, 'length': length, 'type': string(kind), 'text': string(data[at + SPEC.size:])})
        at = start + following
    return found


def entries_of(data, start):
    """struct dm_name_list: a name; after it, 8-byte aligned, event number and flags, and the UUID."""
    found, at = [], start
    while True:
        device, following = struct.unpack_from('=QI', data, at)
        if device == 0:
            return found
        name = string(data[at + 12:])
        after = (at + 12 + len(name) + 1 + 7) & ~7
        event, flags = struct.unpack_from('=II', data, after)
        uuid = string(data[after + 8:]) if flags & 1 else None
        found.append({'name': name, 'devt': dev_text(device), 'eventNr': event, 'flags': flags, 'uuid': uuid})
        if following == 0:
            return found
        at += following


def payload_of(request):
    if 'target' in request:
        target = request['target']
        text = target['params'].encode() + b'\0'
        text += b'\0' * (-len(text) % 8)
        return SPEC.pack(target.get('start', 0), target['length'], 0, SPEC.size + len(text), target['type'].encode()) + text
    if 'new' in request:
        return request['new'].encode() + b'\0'
    if 'message' in request:
        return struct.pack('=Q', request.get('sector', 0)) + request['message'].encode() + b'\0'
    return b''


def dm(command, request, file=None):
    """One ioctl, on a file of the caller's or on that of the rules; what it leaves in the header, and in the data."""
    data = bytearray(BUFFER)
    start = (HEADER.size + 7) & ~7
    payload = payload_of(request)
    HEADER.pack_into(
        data, 0, 4, 0, 0, BUFFER, start, 1 if 'target' in request else 0, 0, request.get('flags', 0),
        request.get('cookie', 0), 0, dev_number(request['devt']) if 'devt' in request else 0,
        request.get('name', '').encode(), request.get('uuid', '').encode(), b'')
    data[start:start + len(payload)] = payload
    try:
        fcntl.ioctl(control_file() if file is None else file, ioctl_number(command), data)
    except OSError as failure:
        return {'errno': errno.errorcode[failure.errno]}
    (_, _, _, _, start, count, opened, flags, event, _, device, name, uuid, _) = HEADER.unpack_from(data, 0)
    answer = {
        'errno': None, 'flags': flags, 'open': opened, 'eventNr': event, 'devt': dev_text(device),
        'name': string(name), 'uuid': string(uuid),
    }
    if command == 'list':
        answer['devices'] = entries_of(data, start)
    elif command == 'table':
        answer['targets'] = targets_of(data, start, count)
    elif command == 'deps':
        number, = struct.unpack_from('=I', data, start)
        answer['deps'] = [dev_text(one) for one in struct.unpack_from(f'={number}Q', data, start + 8)]
    return answer


def poll_control(timeout_ms):
    poller = select.poll()
    poller.register(control_file(), select.POLLIN)
    return bool(poller.poll(timeout_ms))


# ---- uevents ------------------------------------------------------------------------------------

NETLINK_KOBJECT_UEVENT = 15
SO_RCVBUFFORCE, SO_MEMINFO = 33, 55
SK_MEMINFO_RMEM_ALLOC, SK_MEMINFO_DROPS = 0, 8

sockets = {}


def listen(name, size):
    """A socket on the kernel's group; `size` is SO_RCVBUF's."""
    if name in sockets:
        sockets[name].close()
    one = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT)
    one.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, size)
    one.bind((0, 1))
    sockets[name] = one
    return one.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)


def close_socket(name):
    sockets.pop(name).close()


def receive(name, size):
    """One recvmsg: the text, with whether it was cut; or the errno."""
    try:
        data, _, flags, _ = sockets[name].recvmsg(size)
    except OSError as failure:
        return {'errno': errno.errorcode[failure.errno]}
    return {'errno': None, 'text': data.decode('latin1'), 'truncated': bool(flags & socket.MSG_TRUNC)}


def receive_all(name, size):
    """Until EAGAIN; an ENOBUFS on the way is in the list."""
    found = []
    while True:
        one = receive(name, size)
        if one['errno'] == 'EAGAIN':
            return found
        found.append(one)


def meminfo(name):
    words = struct.unpack('=9I', sockets[name].getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 36))
    return {'charged': words[SK_MEMINFO_RMEM_ALLOC], 'drops': words[SK_MEMINFO_DROPS]}


def gather(name, marks, count, quiet_ms, limit_ms):
    """All events until `count` that have one of the marks came, or the time is over, and then those that still
    come until it was quiet for a while (the kernel sends some of them from a work queue)."""
    found, end, wanted = [], time.monotonic() + limit_ms / 1000, 0
    poller = select.poll()
    poller.register(sockets[name], select.POLLIN)
    while True:
        enough = wanted >= count
        ready = poller.poll(quiet_ms if enough else max(0, (end - time.monotonic()) * 1000))
        if not ready:
            return found
        for one in receive_all(name, 8192):
            found.append(one)
            if one['errno'] is None and any(mark in one['text'] for mark in marks):
                wanted += 1


# ---- files --------------------------------------------------------------------------------------

def read(path):
    try:
        with open(path, 'rb') as file:
            return {'errno': None, 'text': file.read().decode('latin1')}
    except OSError as failure:
        return {'errno': errno.errorcode[failure.errno]}


def write(path, text):
    """One write(2) with the newline that some attributes ask for."""
    try:
        file = os.open(path, os.O_WRONLY)
        try:
            os.write(file, text.encode() + b'\n')
        finally:
            os.close(file)
    except OSError as failure:
        return errno.errorcode[failure.errno]
    return None


def write_times(path, text, times):
    for _ in range(times):
        failed = write(path, text)
        if failed is not None:
            return failed
    return None


def names(path):
    try:
        return sorted(os.listdir(path))
    except OSError:
        return []


opened = {}


def open_device(key, path, writable):
    try:
        opened[key] = os.open(path, (os.O_RDWR if writable else os.O_RDONLY) | os.O_CLOEXEC)
    except OSError as failure:
        return errno.errorcode[failure.errno]
    return None


def claim_device(key, path):
    """As a mount does: nobody else may claim it (O_EXCL on a block device)."""
    try:
        opened[key] = os.open(path, os.O_RDONLY | os.O_EXCL | os.O_CLOEXEC)
    except OSError as failure:
        return errno.errorcode[failure.errno]
    return None


def close_device(key):
    os.close(opened.pop(key))


def close_all():
    for key in list(opened):
        close_device(key)


def read_device(path):
    """One block past the page cache, as a file system's or udev's first read."""
    page = mmap.mmap(-1, 4096)
    try:
        device = os.open(path, os.O_RDONLY | os.O_DIRECT)
    except OSError as failure:
        return errno.errorcode[failure.errno]
    try:
        os.readv(device, [page])
    except OSError as failure:
        return errno.errorcode[failure.errno]
    finally:
        os.close(device)
    return None


def set_readonly(path, readonly):
    device = os.open(path, os.O_RDONLY)
    try:
        fcntl.ioctl(device, 0x125d, struct.pack('i', 1 if readonly else 0))  # BLKROSET
    except OSError as failure:
        return errno.errorcode[failure.errno]
    finally:
        os.close(device)
    return None


def unshared_network():
    """Makes a network namespace and lets it go: its devices' events take numbers that no one here is sent."""
    child = os.fork()
    if child == 0:
        done = ctypes.CDLL(None).unshare(0x40000000)  # CLONE_NEWNET
        os._exit(0 if done == 0 else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def await_path(path, present, limit_ms):
    end = time.monotonic() + limit_ms / 1000
    while os.path.exists(path) != present:
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


STEPS = {
    'dm': dm, 'poll': poll_control, 'listen': listen, 'closeSocket': close_socket, 'receive': receive,
    'receiveAll': receive_all, 'meminfo': meminfo, 'gather': gather, 'read': read, 'write': write,
    'writeTimes': write_times, 'names': names, 'open': open_device, 'claim': claim_device, 'close': close_device, 'closeAll': close_all,
    'readDevice': read_device, 'setReadOnly': set_readonly, 'unsharedNetwork': unshared_network, 'await': await_path,
}


def carry_out(steps):
    return [STEPS[step[0]](*step[1:]) for step in steps]
