/** Which senders the listener believes. Needs root, the built addon and a compiler. */
import { execFileSync } from 'child_process';
import { readFileSync } from 'fs';
import { NULL_UEVENT, freshUuid, listeners, poke, tool, ueventTool } from './listening';
import type { Listening } from './listening';
import type { Uevent } from '../../src/model/uevent';

const listening = listeners();

/** Only events of this test, since other tests may make events at the same time. */
function forged(l: Listening): Uevent[] {
  return l.events().filter((e) => e.devpath.startsWith('/devices/forged') || e.diskseq === 77);
}

const UEVENT_PROTOCOL = '15';

/** Ports of all uevent sockets, from /proc/net/netlink: sk, Eth, Pid, ... */
function ports(): string[] {
  const lines = readFileSync('/proc/net/netlink', 'utf8').split('\n').slice(1);
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter((f) => f[1] === UEVENT_PROTOCOL)
    .map((f) => f[2] ?? '');
}

/** Starts to listen. Returns the port of the socket as well. */
function listeningAt(options: Parameters<typeof listening>[0] = {}): { l: Listening; port: string } {
  const before = ports();
  const l = listening(options);
  const [port, ...others] = ports().filter((p) => !before.includes(p));
  expect(others).toEqual([]);
  return { l, port: port ?? '' };
}

/** Checks that the listener still runs and believes the kernel. */
async function expectFenceReturns(l: Listening): Promise<void> {
  const uuid = freshUuid();
  poke(NULL_UEVENT, `change ${uuid}`);
  await l.settle();
  expect(l.events().map((e) => e.synthUuid)).toContain(uuid);
}

const DISK = ['SUBSYSTEM=block', 'DEVTYPE=disk', 'MAJOR=8', 'MINOR=0', 'DISKSEQ=77', 'DEVNAME=forged'];

describe('the kernel’s group', () => {
  it('refuses a multicast of another process, and counts it', async () => {
    const l = listening();
    tool('multicast', 1);
    tool('multicast', 1);
    await l.settle();
    expect(l.refused()).toBe(2);
    expect(forged(l)).toEqual([]);
    expect(l.batches.flatMap((b) => b.losses)).toEqual([]);
    await expectFenceReturns(l);
  });

  it('refuses a message to the socket itself', async () => {
    const { l, port } = listeningAt();
    tool('unicast', port);
    await l.settle();
    expect(l.refused()).toBe(1);
    expect(forged(l)).toEqual([]);
  });

  it('refuses a message that a process has the kernel send, although it has the kernel’s port', async () => {
    const l = listening();
    tool('inject', 'remove', '/devices/forged/block/sda', ...DISK);
    await l.settle();
    expect(l.refused()).toBe(1);
    expect(forged(l)).toEqual([]);
    await expectFenceReturns(l);
  });

  it('takes injected messages if the option allows it', async () => {
    const l = listening({ acceptInjected: true });
    tool('inject', 'remove', '/devices/forged/block/sda', ...DISK);
    await l.settle();
    expect(l.refused()).toBe(0);
    expect(forged(l)).toMatchObject([
      {
        action: 'remove',
        devpath: '/devices/forged/block/sda',
        name: 'sda',
        devt: '8:0',
        diskseq: 77,
        synthUuid: null,
      },
    ]);
  });

  it('still refuses a multicast of another process with this option', async () => {
    const l = listening({ acceptInjected: true });
    tool('multicast', 1);
    await l.settle();
    expect(l.refused()).toBe(1);
    expect(forged(l)).toEqual([]);
  });

  test.each([
    ['a property without a value', ['NOEQUALS']],
    ['a second SEQNUM', ['SEQNUM=1']],
    ['an impossible device number', ['MAJOR=x', 'MINOR=0']],
    ['another action than its header’s', ['ACTION=add']],
  ])('reports a message with %s as a loss', async (_, properties) => {
    const l = listening({ acceptInjected: true });
    tool('inject', 'change', '/devices/forged', 'SUBSYSTEM=block', ...properties);
    await l.settle();
    expect(forged(l)).toEqual([]);
    expect(l.lost('malformed')).toBe(1);
  });

  it('reports each path event of device-mapper, even if they are alike', async () => {
    const l = listening({ acceptInjected: true });
    const dm = [
      'SUBSYSTEM=block',
      'MAJOR=253',
      'MINOR=0',
      'DISKSEQ=5',
      'DM_TARGET=multipath',
      'DM_PATH=8:0',
      'DM_NAME=mpatha',
    ];
    for (const action of ['PATH_FAILED', 'PATH_REINSTATED', 'PATH_FAILED']) {
      tool('inject', 'change', '/devices/forged/virtual/block/dm-0', ...dm, `DM_ACTION=${action}`);
    }
    await l.settle();
    expect(forged(l).map((e) => e.env['DM_ACTION'])).toEqual(['PATH_FAILED', 'PATH_REINSTATED', 'PATH_FAILED']);
  });

  it('takes SCSI unit attentions and drops other SCSI events', async () => {
    const l = listening({ acceptInjected: true });
    const device = '/devices/forged/host0/target0:0:0/0:0:0:1';
    tool('inject', 'change', device, 'SUBSYSTEM=scsi', 'SDEV_UA=CAPACITY_DATA_HAS_CHANGED');
    tool('inject', 'add', device, 'SUBSYSTEM=scsi', 'DEVTYPE=scsi_device');
    await l.settle();
    expect(forged(l).map((e) => e.env['SDEV_UA'])).toEqual(['CAPACITY_DATA_HAS_CHANGED']);
    expect(forged(l)[0]?.name).toBe('0:0:0:1');
  });

  it('keeps a variable with the name __proto__ as a variable', async () => {
    const l = listening({ acceptInjected: true });
    tool('inject', 'add', '/devices/forged/block/sda', 'SUBSYSTEM=block', '__proto__=polluted');
    await l.settle();
    expect(Object.entries(forged(l)[0]?.env ?? {})).toContainEqual(['__proto__', 'polluted']);
    expect(Object.prototype).not.toHaveProperty('polluted');
  });
});

describe('udevd’s group', () => {
  const EVENT = ['ACTION=add', 'DEVPATH=/devices/forged/block/sda', 'SEQNUM=9', ...DISK, 'ID_SERIAL=3600a'];

  it('takes messages of root in udevd’s format', async () => {
    const l = listening({ source: 'udev' });
    tool('udev', ...EVENT);
    await l.settle();
    const mine = forged(l);
    expect(mine).toMatchObject([{ source: 'udev', action: 'add', name: 'sda', seqnum: 9 }]);
    expect(mine[0]?.env['ID_SERIAL']).toBe('3600a');
  });

  it('refuses messages of root to the socket itself, in any format', async () => {
    const { l, port } = listeningAt({ source: 'udev' });
    tool('udev-to', port, ...EVENT);
    await l.settle();
    expect(l.refused()).toBe(1);
    expect(forged(l)).toEqual([]);
  });

  it('refuses another format', async () => {
    const l = listening({ source: 'udev' });
    tool('multicast', 2);
    await l.settle();
    expect(l.refused()).toBe(1);
    expect(l.lost('malformed')).toBe(0);
  });

  it('refuses another user, with any capabilities', async () => {
    const l = listening({ source: 'udev' });
    execFileSync('setpriv', [
      '--reuid=65534',
      '--clear-groups',
      '--inh-caps=+net_admin,+dac_read_search',
      '--ambient-caps=+net_admin,+dac_read_search',
      ueventTool(),
      'udev',
      ...EVENT,
    ]);
    await l.settle();
    expect(l.refused()).toBe(1);
    expect(forged(l)).toEqual([]);
  });

  it('reports an unreadable message of udevd as a loss', async () => {
    const l = listening({ source: 'udev' });
    tool('udev', 'ACTION=add', 'NOEQUALS');
    await l.settle();
    expect(l.lost('malformed')).toBe(1);
  });

  it('does not hear the kernel’s group', async () => {
    const l = listening({ source: 'udev' });
    tool('multicast', 1);
    await l.settle();
    expect(l.refused()).toBe(0);
  });
});
