"""Does something to the kernel and measures how long it takes until something can be seen.

Reads a JSON object: `actions`, a list of ["write", file, text] or ["run", program, argument ...]; `until`, a
condition for each label. Prints for each label the milliseconds from the first action, or null if it did not
come true within `timeout` seconds; `done` is when the actions had come back.
A condition has one of
  ask:   a command for the daemon's socket
  run:   a program and its arguments
  file:  a file's text (empty if it cannot be read)
and `has` or `lacks`, a regular expression for the answer.
"""
import json
import re
import subprocess
import sys
import threading
import time

from agent import ask


def answer(condition):
    if 'ask' in condition:
        return ask({'ask': condition['ask'], 'timeout': 10})['reply']
    if 'run' in condition:
        return subprocess.run(condition['run'], capture_output=True, text=True, check=False).stdout
    try:
        with open(condition['file'], encoding='utf-8', errors='replace') as file:
            return file.read()
    except OSError:
        return ''


def holds(condition):
    text = answer(condition)
    if 'has' in condition:
        return re.search(condition['has'], text) is not None
    return re.search(condition['lacks'], text) is None


def write(file, text):
    with open(file, 'w', encoding='ascii') as target:
        target.write(text)


def run(*program):
    subprocess.run(program, check=True, stdout=subprocess.DEVNULL)


ACTIONS = {'write': write, 'run': run}


def main():
    order = json.load(sys.stdin)
    result = dict.fromkeys(order['until'])
    start = time.monotonic()

    def watch(label, condition):
        while time.monotonic() - start < order['timeout']:
            if holds(condition):
                result[label] = round((time.monotonic() - start) * 1000)
                return
            time.sleep(0.005)

    threads = [threading.Thread(target=watch, args=item) for item in order['until'].items()]
    for thread in threads:
        thread.start()
    for kind, *words in order['actions']:
        ACTIONS[kind](*words)
    result['done'] = round((time.monotonic() - start) * 1000)
    for thread in threads:
        thread.join()
    print(json.dumps(result))


if __name__ == '__main__':
    main()
