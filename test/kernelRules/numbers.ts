/* Event numbers, the list, poll, and path events (drivers/md/dm-mpath.c, dm-uevent.c, dm.c event_callback). */
import type { Rule, RuleMachine } from './machine';
import { done, kernelName, lineOf, makeMap, multipath, nextEvents, sight } from './ruleHelpers';

const numberOf = async (m: RuleMachine, name: string): Promise<number> => (await sight(m, name)).eventNr;

export const NUMBER_RULES: readonly Rule[] = [
  {
    name: 'a path that fails and comes back: one event and one number each, with how many paths are left',
    run: async (m) => {
      const [one, two] = await m.disks();
      const made = await makeMap(m, 'a', [one, two]);
      const device = `change ${kernelName(made)} DM_TARGET=multipath`;
      const rest = (path: string, left: number): string =>
        `DM_PATH=${path} DM_NR_VALID_PATHS=${left} DM_NAME=a DM_UUID=mpath-rule-a`;
      await done(m.message('a', `fail_path ${one.devt}`));
      expect(await nextEvents(m, 1)).toEqual([`${device} DM_ACTION=PATH_FAILED DM_SEQNUM=1 ${rest(one.devt, 1)}`]);
      expect(await numberOf(m, 'a')).toBe(1);
      await done(m.message('a', `fail_path ${two.devt}`));
      expect(await nextEvents(m, 1)).toEqual([`${device} DM_ACTION=PATH_FAILED DM_SEQNUM=2 ${rest(two.devt, 0)}`]);
      await done(m.message('a', `reinstate_path ${one.devt}`));
      expect(await nextEvents(m, 1)).toEqual([`${device} DM_ACTION=PATH_REINSTATED DM_SEQNUM=3 ${rest(one.devt, 1)}`]);
      expect(await numberOf(m, 'a')).toBe(3);
    },
  },
  {
    name: 'a path event of a map without a UUID carries none',
    run: async (m) => {
      const [one] = await m.disks();
      const made = await makeMap(m, 'a', [one], '');
      await done(m.message('a', `fail_path ${one.devt}`));
      const told = `change ${kernelName(made)} DM_TARGET=multipath DM_ACTION=PATH_FAILED DM_SEQNUM=1 DM_PATH=${one.devt} DM_NR_VALID_PATHS=0`;
      expect(await nextEvents(m, 1)).toEqual([`${told} DM_NAME=a DM_UUID=`]);
    },
  },
  {
    name: 'failing what failed and reinstating what works is a yes without event or number',
    run: async (m) => {
      const [one] = await m.disks();
      await makeMap(m, 'a', [one]);
      await done(m.message('a', `reinstate_path ${one.devt}`));
      expect([await nextEvents(m, 0), await numberOf(m, 'a')]).toEqual([[], 0]);
      await done(m.message('a', `fail_path ${one.devt}`), m.message('a', `fail_path ${one.devt}`));
      expect([(await nextEvents(m, 1)).length, await numberOf(m, 'a')]).toEqual([1, 1]);
      expect(await lineOf(m, 'a', 'status')).toContain(`${one.devt} F 1 `);
    },
  },
  {
    name: 'group messages raise the number without a uevent; queueing does neither',
    run: async (m) => {
      const [one, two] = await m.disks();
      await done(m.create('a'), m.load('a', multipath([[one], [two]])), m.resume('a'));
      await m.events(2);
      const numbers: number[] = [];
      for (const text of [
        'switch_group 2',
        'disable_group 1',
        'enable_group 1',
        'queue_if_no_path',
        'fail_if_no_path',
      ]) {
        await done(m.message('a', text));
        expect(await nextEvents(m, 0)).toEqual([]);
        numbers.push(await numberOf(m, 'a'));
      }
      expect(numbers).toEqual([1, 2, 3, 3, 3]);
    },
  },
  {
    name: 'queue_if_no_path is a word of the table line, put there and taken away by messages',
    run: async (m) => {
      const [one] = await m.disks();
      await makeMap(m, 'a', [one]);
      const line = await lineOf(m, 'a', 'table');
      await done(m.message('a', 'queue_if_no_path'));
      expect(await lineOf(m, 'a', 'table')).toBe(line.replace(/^0 /, '1 queue_if_no_path '));
      await done(m.message('a', 'fail_if_no_path'));
      expect(await lineOf(m, 'a', 'table')).toBe(line);
    },
  },
  {
    name: 'groups: the first I/O goes to the first, a switch to another, and a failed one is left',
    run: async (m) => {
      const [one, two] = await m.disks();
      await done(m.create('a'), m.load('a', multipath([[one], [two]])), m.resume('a'));
      const status = async (): Promise<string> => {
        await done(m.readMap('a'));
        return lineOf(m, 'a', 'status');
      };
      const line = (now: number, states: string, path: string): string =>
        `2 0 0 0 2 ${now} ${states[0]} 0 1 2 ${one.devt} ${path} 0 1 ${states[1]} 0 1 2 ${two.devt} A 0 0 1 `;
      expect(await status()).toBe(line(1, 'AE', 'A 0'));
      await done(m.message('a', 'switch_group 2'));
      expect(await status()).toBe(line(2, 'EA', 'A 0'));
      await done(m.message('a', 'switch_group 1'));
      expect(await status()).toBe(line(1, 'AE', 'A 0'));
      await done(m.message('a', `fail_path ${one.devt}`));
      expect(await status()).toBe(line(2, 'EA', 'F 1'));
      await done(m.message('a', `reinstate_path ${one.devt}`));
      expect(await status()).toBe(line(2, 'EA', 'A 1'));
      await done(m.message('a', 'disable_group 2'));
      expect(await status()).toBe(line(1, 'AD', 'A 1'));
      await m.events(4);
    },
  },
  {
    name: 'reading raises nothing: status, table, deps and the list',
    run: async (m) => {
      const [one] = await m.disks();
      const made = await makeMap(m, 'a', [one]);
      await m.arm();
      await m.target('a');
      await m.deps('a');
      await m.list();
      expect(await sight(m, 'a')).toEqual(made);
      expect([await m.polled(), await nextEvents(m, 0)]).toEqual([false, []]);
    },
  },
  {
    name: 'the list has every device by name, with its number, UUID if it has one, and event number',
    run: async (m) => {
      const [one] = await m.disks();
      await makeMap(m, 'rule-m', [one]);
      await done(m.create('rule-z'), m.create('rule-B', 'LVM-rule'), m.create('rule-a', 'mpath-rule-empty'));
      await done(m.message('rule-m', `fail_path ${one.devt}`));
      await m.events(1);
      const list = await m.list();
      const devts = await Promise.all(
        ['rule-B', 'rule-a', 'rule-m', 'rule-z'].map(async (name) => (await sight(m, name)).devt),
      );
      expect(list).toEqual([
        { name: 'rule-B', uuid: 'LVM-rule', devt: devts[0], eventNr: 0 },
        { name: 'rule-a', uuid: 'mpath-rule-empty', devt: devts[1], eventNr: 0 },
        { name: 'rule-m', uuid: 'mpath-rule-rule-m', devt: devts[2], eventNr: 1 },
        { name: 'rule-z', uuid: '', devt: devts[3], eventNr: 0 },
      ]);
    },
  },
  {
    name: 'poll tells of devices that come, go and are renamed, of tables that go live and of path events, until it is armed again',
    run: async (m) => {
      const [one] = await m.disks();
      const told: string[] = [];
      const check = async (what: string, action: () => Promise<unknown>): Promise<void> => {
        await m.arm();
        expect(await m.polled()).toBe(false);
        await action();
        if (await m.polled()) told.push(what);
      };
      await check('create', () => done(m.create('a')));
      expect(await m.polled()).toBe(true);
      await check('load', () => done(m.load('a', multipath([[one]]))));
      await check('first table', () => done(m.resume('a')));
      await m.events(2);
      await check('fail', async () => {
        await done(m.message('a', `fail_path ${one.devt}`));
        await m.events(1);
      });
      await check('queue', () => done(m.message('a', 'queue_if_no_path')));
      await check('suspend', () => done(m.suspend('a')));
      await check('resume', () => done(m.resume('a')));
      await check('swap', async () => {
        await done(m.load('a', multipath([[one]])), m.resume('a'));
      });
      await check('refused swap', async () => {
        await done(m.load('a', multipath([[one]], { sizeSectors: 1 << 20 })));
        expect(await m.resume('a')).toBe('EINVAL');
      });
      await check('rename', () => done(m.rename('a', 'b')));
      await check('clear', () => done(m.clear('b')));
      await check('remove', () => done(m.remove('b')));
      expect(told).toEqual(['create', 'first table', 'fail', 'swap', 'rename', 'remove']);
      await m.events(5);
    },
  },
  {
    name: 'what is refused does not make poll tell',
    run: async (m) => {
      await done(m.create('a', 'mpath-rule-a'), m.create('b'));
      await m.arm();
      expect([await m.create('a'), await m.rename('a', 'b'), await m.remove('c')]).toEqual(['EBUSY', 'EBUSY', 'ENXIO']);
      expect(await m.polled()).toBe(false);
    },
  },
  {
    name: 'I/O through a dead path fails it and goes on in the next group',
    run: async (m) => {
      const [one, two] = await m.disks();
      await done(m.create('a', 'mpath-rule-a'), m.load('a', multipath([[one], [two]])), m.resume('a'));
      const made = await sight(m, 'a');
      await m.events(2);
      await m.setState(one, 'offline');
      await done(m.readMap('a'));
      const more = `DM_PATH=${one.devt} DM_NR_VALID_PATHS=1 DM_NAME=a DM_UUID=mpath-rule-a`;
      expect(await nextEvents(m, 1)).toEqual([
        `change ${kernelName(made)} DM_TARGET=multipath DM_ACTION=PATH_FAILED DM_SEQNUM=1 ${more}`,
      ]);
      expect(await lineOf(m, 'a', 'status')).toBe(
        `2 0 0 0 2 2 E 0 1 2 ${one.devt} F 1 0 1 A 0 1 2 ${two.devt} A 0 0 1 `,
      );
      expect(await numberOf(m, 'a')).toBe(1);
    },
  },
];
