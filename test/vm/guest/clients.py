"""Clients of the daemon's socket that do what no good client does. Prints what came of it as JSON.

  clients.py lengths      requests of wrong lengths, each on a connection of its own, beside a good one
  clients.py many N       N clients at once, on both addresses in turn
  clients.py deaf SECONDS one client that asks and asks and never reads
"""
import json
import resource
import socket
import struct
import sys
import time

ABSTRACT = '\0/org/kernel/linux/storage/multipathd'
PATH = '/run/multipathd.socket'


def connect(address=ABSTRACT):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(60)
    connection.connect(address)
    return connection


def send(connection, text):
    data = text.encode() + b'\0'
    connection.sendall(struct.pack('<Q', len(data)) + data)


def receive(connection, size):
    data = b''
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionError(f'closed after {len(data)} of {size} bytes')
        data += part
    return data


def reply(connection):
    size, = struct.unpack('<Q', receive(connection, 8))
    return receive(connection, size).rstrip(b'\0').decode()


def ended(connection):
    """What the daemon does next with this connection: 'closed', or the bytes it sends."""
    try:
        data = connection.recv(1 << 16)
        return 'closed' if data == b'' else repr(data)
    except ConnectionResetError:
        return 'closed'
    except socket.timeout:
        return 'left open'


def lengths():
    good = connect()
    results = {}
    for length in (0, 513, 1 << 31, 1 << 63, (1 << 64) - 1):
        bad = connect()
        bad.sendall(struct.pack('<Q', length) + b'show daemon\0')
        results[str(length)] = ended(bad)
    half = connect()
    half.sendall(struct.pack('<Q', 12) + b'show')
    results['12, and only 4 bytes follow'] = ended(half)
    longest = connect()
    send(longest, 'show daemon'.ljust(511))
    results['512'] = reply(longest)
    send(good, 'show daemon')
    results['another client'] = reply(good)
    return results


def many(count):
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    clients = [connect((ABSTRACT, PATH)[n % 2]) for n in range(count)]
    for client in clients:
        send(client, 'show topology')
    for client in clients:
        send(client, 'show paths raw format "%d %w"')
    return {'replies': sorted({(reply(client), reply(client)) for client in clients}), 'clients': len(clients)}


def deaf(seconds):
    client = connect()
    client.settimeout(1)
    sent, closed = 0, False
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not closed:
        try:
            send(client, 'show topology')
            sent += 1
        except socket.timeout:
            pass
        except (BrokenPipeError, ConnectionResetError):
            closed = True
    return {'sent': sent, 'closed': closed}


WHAT = {'lengths': lengths, 'many': many, 'deaf': deaf}
print(json.dumps(WHAT[sys.argv[1]](*map(int, sys.argv[2:]))))
