/** The output of the socket's `show` commands. */
import { emptyConfiguration } from '../../src/config/configuration';
import { createSession } from '../../src/ipc/session';
import { block, configuration, rule } from '../config/configurations';
import { fakeDaemon, scsiDebug } from './fixtures';
import { makeMap, makePath, makeTables } from '../fixtures';
import { reply, startSession } from './startSession';

const lines = (...list: string[]): string => [...list, ''].join('\n');

describe('tables', () => {
  test.each([
    [
      'show maps',
      lines(
        'name                   sysfs uuid                  ',
        '1Linux_scsi_debug_2000 dm-0  1Linux_scsi_debug_2000',
        '1Linux_scsi_debug_2001 dm-1  1Linux_scsi_debug_2001',
      ),
    ],
    [
      'show multipaths stats',
      lines(
        'name                   path_faults switch_grp map_loads total_q_time q_timeouts',
        '1Linux_scsi_debug_2000 0           0          1         0            0         ',
        '1Linux_scsi_debug_2001 0           0          1         0            0         ',
      ),
    ],
    [
      'show maps status',
      lines(
        'name                   failback queueing paths dm-st  write_prot',
        '1Linux_scsi_debug_2000 undef    -        4     active rw        ',
        '1Linux_scsi_debug_2001 undef    -        4     active rw        ',
      ),
    ],
    ['show map 1Linux_scsi_debug_2000 format "%n %w %d"', '1Linux_scsi_debug_2000 1Linux_scsi_debug_2000 dm-0 \n'],
    ['show map dm-1 raw format "%d|%S|"', 'dm-1 |8.0M|\n'],
    ['show maps raw format "%d,%w"', lines('dm-0,1Linux_scsi_debug_2000', 'dm-1,1Linux_scsi_debug_2001')],
    [
      'show maps raw format "%n|%Q|%r|%f|%x|%h|%A|%s|%v|%p|%e|%G|%g|%k|%0|%1"',
      lines(
        '1Linux_scsi_debug_2000|-|rw|0|0|1 alua||Linux,scsi_debug|Linux|scsi_debug|0191|--|[undef]|n/a|0|0',
        '1Linux_scsi_debug_2001|-|rw|0|0|1 alua||Linux,scsi_debug|Linux|scsi_debug|0191|--|[undef]|n/a|0|0',
      ),
    ],
  ])('%s', async (command, text) => {
    expect(await startSession().ask(command)).toBe(text);
  });

  test('show paths prints the table of multipathd', async () => {
    const reply = await startSession().ask('show paths');
    expect(reply.split('\n').slice(0, 3)).toEqual([
      'hcil    dev dev_t pri dm_st  chk_st dev_st  next_check      ',
      '0:0:0:0 sda 8:0   50  active ready  running XXXXXXXXX. 19/20',
      '0:0:0:1 sdb 8:16  50  active ready  running XXXXXXXXX. 19/20',
    ]);
    expect(reply.split('\n')).toHaveLength(10);
  });

  test('every wildcard of a path', async () => {
    const format = '%w|%i|%d|%D|%t|%o|%T|%s|%c|%p|%S|%z|%N|%n|%R|%r|%a|%A|%P|%g|%0|%I|%L|%v|%m|%C|%e|%M|%G|%k';
    const reply = await startSession().ask(`show paths raw format "${format}"`);
    expect(reply.split('\n')[3]).toBe(
      '1Linux_scsi_debug_2001|1:0:0:1|sdd|8:48|active|running|ready|Linux,scsi_debug,0191|tur|10|8.0M|2001|[undef]|[undef]|' +
        '[undef]|[undef]|[undef]|0x0200|scsi:unspec|[undef]|0|ok|0x0001000000000000||1Linux_scsi_debug_2001|XXXXXXXXX. 19/20||' +
        'normal|--|512',
    );
  });

  test.each([
    'show paths',
    'show maps',
    'show maps stats',
    'show topology',
    'show paths raw format %d',
    'show maps format %n',
  ])('%s says ok if there is nothing to show', async (command) => {
    expect(await startSession(makeTables([], [])).ask(command)).toBe('ok\n');
  });
});

describe('paths in special states', () => {
  const show = async (path: Parameters<typeof makePath>[0], format: string): Promise<string> => {
    const map = makeMap({ name: 'm', wwid: 'w', devt: '253:0', groups: [] });
    return startSession(makeTables([makePath(path)], [map], 100_000)).ask(`show paths raw format "${format}"`);
  };
  const base = { name: 'sda', devt: '8:0' };
  const member = { map: 'mpath-w' };

  test.each<[string, Parameters<typeof makePath>[0], string, string]>([
    ['an orphan', base, '%m %o %T %C', '[orphan] unknown undef orphan\n'],
    ['held by a map not in the tables', { ...base, path: { map: 'mpath-x' } }, '%m %T', '[unknown] undef\n'],
    ['offline', { ...base, facts: { state: 'offline' }, path: member }, '%o', 'offline\n'],
    ['blocked', { ...base, facts: { state: 'blocked' }, path: member }, '%o', 'running\n'],
    ['its state gone', { ...base, facts: { state: null }, path: member }, '%o', 'offline\n'],
    ['a DASD has no state', { ...base, facts: { state: null, bus: 'ccw' }, path: member }, '%o', 'running\n'],
    [
      'NVMe',
      { ...base, facts: { state: 'live', bus: 'nvme', hcil: null }, path: member },
      '%o %i %L',
      'running #:#:#:# 0xffffffffffffffff\n',
    ],
    ['timed out', { ...base, check: { state: 'timeout' }, path: member }, '%T', 'i/o timeout\n'],
    ['pending', { ...base, check: { state: 'pending' }, path: member }, '%T', 'i/o pending\n'],
    ['ghost', { ...base, check: { state: 'ghost' }, path: member }, '%T', 'ghost\n'],
    [
      'never checked',
      { ...base, check: { state: 'unchecked', lastAt: null }, path: member },
      '%T %c',
      'undef (null)\n',
    ],
    ['checked by reading', { ...base, check: { method: 'directio' }, path: member }, '%c', 'directio\n'],
    ['being checked', { ...base, check: { inFlight: true, nextAt: 105_000 }, path: member }, '%C', '.......... 0/20\n'],
    ['to be checked', { ...base, check: { nextAt: 104_001 }, path: member }, '%C', 'XX........ 5/20\n'],
    ['overdue', { ...base, check: { nextAt: 1 }, path: member }, '%C', '.......... 0/20\n'],
    [
      'behind a fibre channel port',
      {
        ...base,
        transport: {
          protocol: 'scsi:fcp',
          hostWwnn: '0x1',
          hostWwpn: '0x2',
          targetWwnn: '0x3',
          targetWwpn: '0x4',
          hostAdapter: '0000:05:00.0',
        },
      },
      '%P %N %R %n %r %a',
      'scsi:fcp 0x1 0x2 0x3 0x4 0000:05:00.0\n',
    ],
  ])('%s', async (_, path, format, text) => {
    expect(await show(path, format)).toBe(text);
  });

  test("the host's own disks and disks that were not read yet are not listed, since clients delete orphans", async () => {
    const tables = makeTables(
      [
        makePath({ ...base, path: { init: 'excluded', reason: { kind: 'usb', text: 'a USB device' } } }),
        makePath({ name: 'sdb', devt: '8:16', facts: null, path: { init: 'new' } }),
        makePath({ name: 'sdc', devt: '8:32', path: { init: 'failed' } }),
      ],
      [],
    );
    expect(await startSession(tables).ask('show paths raw format "%d %I"')).toBe('sdc failed\n');
  });
});

describe('one path, one map', () => {
  test.each([
    ['show path sda', 'running\n'],
    ['show path /dev/sda', 'running\n'],
    ['show path 8:16', 'running\n'],
    ['show path sdzz', 'fail\ndevice not found\n'],
    ['show path 1:1', 'fail\ndevice not found\n'],
    ['show map nosuch topology', 'fail\ndevice not found\n'],
    ['show map nosuch json', 'fail\ndevice not found\n'],
    ['show map nosuch format %n', 'fail\ndevice not found\n'],
  ])('%s', async (command, text) => {
    expect(await startSession().ask(command)).toBe(text);
  });

  test.each(['1Linux_scsi_debug_2001', 'dm-1', '/dev/dm-1', '/dev/mapper/1Linux_scsi_debug_2001'])(
    '%s names the map',
    async (name) => {
      expect(await startSession().ask(`show map ${name} topology`)).toMatch(/^1Linux_scsi_debug_2001 dm-1 /);
    },
  );

  test('a map is found by its WWID even if its name is an alias', async () => {
    const tables = makeTables([], [makeMap({ name: 'mpatha', wwid: '36001', devt: '253:0', groups: [] })]);
    expect(await startSession(tables).ask('show map 36001 raw format %n')).toBe('mpatha\n');
  });
});

describe('status', () => {
  test('counts, then paths, then busy', async () => {
    expect(await startSession().ask('show status')).toBe(
      'path checker states:\nup                  8\n\npaths: 8\nbusy: False\n',
    );
  });

  test.each<[string, (tables: ReturnType<typeof scsiDebug>) => void]>([
    ['a resync', (tables) => void (tables.truth.phase = 'resyncing')],
    ['a map that is being made', (tables) => void (tables.truth.pending = 1)],
    ['the start', (tables) => void (tables.truth.phase = 'starting')],
    [
      'a disk that is being read',
      (tables) => tables.putPath(makePath({ name: 'sdx', devt: '65:0', facts: null, path: { init: 'new' } })),
    ],
    [
      'an operation on a map',
      (tables) =>
        tables.maps.forEach((map) => void (map.operation = { kind: 'reload', id: 1, asked: 0, since: 0, reason: '' })),
    ],
  ])('%s makes the daemon busy', async (_, change) => {
    const tables = scsiDebug();
    change(tables);
    expect(await startSession(tables).ask('show status')).toMatch(/\nbusy: True\n$/);
  });

  test('a disk that cannot be read does not make it busy for ever', async () => {
    const stale = {
      failure: { code: 'TIMED_OUT', operation: 'read', device: 'sdx', errno: null },
      since: 0,
      attempts: 3,
      retryAt: 9,
    } as const;
    const tables = makeTables([makePath({ name: 'sdx', devt: '65:0', facts: null, path: { init: 'new', stale } })], []);
    expect(await startSession(tables).ask('show status')).toMatch(/busy: False/);
  });

  test('states are listed in their order, without states that no path has', async () => {
    const states = ['pending', 'ghost', 'down', 'timeout', 'unchecked', 'removed'] as const;
    const paths = states.map((state, index) =>
      makePath({ name: `sd${index}`, devt: `8:${index}`, check: { state, lastAt: null } }),
    );
    expect((await startSession(makeTables(paths, [])).ask('show status')).split('\n').slice(1, 7)).toEqual([
      'unchecked           1',
      'down                1',
      'ghost               1',
      'pending             1',
      'timeout             1',
      'removed             1',
    ]);
  });

  test('show daemon', async () => {
    expect(await startSession().ask('show daemon')).toBe('pid 347 idle\n');
  });

  test('show devices', async () => {
    const paths = [
      makePath({ name: 'vda', devt: '254:0', path: { init: 'excluded' } }),
      makePath({ name: 'sda', devt: '8:0' }),
      makePath({ name: 'sdb', devt: '8:16', path: { init: 'excluded' } }),
      makePath({ name: 'nvme0c0n1', devt: '259:1', facts: { hidden: true }, path: { init: 'excluded' } }),
    ];
    const tables = makeTables(paths, [makeMap({ name: 'm', wwid: 'w', devt: '253:0', groups: [] })]);
    expect(await startSession(tables).ask('show devices')).toBe(
      lines(
        'available block devices:',
        '    vda devnode blacklisted, unmonitored',
        '    sda  devnode whitelisted, monitored',
        '    sdb devnode whitelisted, unmonitored',
        '    nvme0c0n1 hidden, unmonitored',
        '    dm-0 devnode blacklisted, unmonitored',
      ),
    );
  });

  test('show devices: names with the verdict of the blacklist', async () => {
    const source = configuration({
      blacklist: { ...emptyConfiguration().blacklist, devnode: [rule('^sdb')] },
      exceptions: { ...emptyConfiguration().exceptions, devnode: [rule('^vda')] },
    });
    const paths = ['vda', 'sdb', 'sdc'].map((name, at) =>
      makePath({ name, devt: `8:${at}`, path: { init: 'excluded' } }),
    );
    const ask = createSession(fakeDaemon(makeTables(paths, []), {}, source).dependencies);
    expect(await reply(ask, 'show devices', false)).toBe(
      lines(
        'available block devices:',
        '    vda devnode whitelisted, unmonitored',
        '    sdb devnode blacklisted, unmonitored',
        '    sdc devnode whitelisted, unmonitored',
      ),
    );
  });

  describe('the configuration', () => {
    const source = configuration({
      defaults: block({ failback: 'immediate' }),
      multipaths: [block({ wwid: '3600a', alias: 'red' })],
    });
    const tables = makeTables(
      [
        makePath({ name: 'sda', devt: '8:0' }),
        makePath({ name: 'sdb', devt: '8:16', facts: { vendor: 'IBM', model: '2145' }, path: { init: 'excluded' } }),
      ],
      [makeMap({ name: 'mpathx', wwid: 'w', devt: '253:0', groups: [] })],
    );
    const ask = (text: string): Promise<string> =>
      reply(createSession(fakeDaemon(tables, {}, source).dependencies), text, false);

    test('show config: the whole configuration', async () => {
      const text = await ask('show config');
      expect(text).toMatch(/^defaults \{\n/);
      expect(text).toContain('\tfailback "immediate"\n');
      expect(text.match(/^\tdevice \{$/gm)?.length).toBeGreaterThan(137);
      expect(text).toMatch(/multipaths \{\n\tmultipath \{\n\t\twwid "3600a"\n\t\talias "red"\n\t\}\n\}\n$/);
    });

    test('show config local: present devices and maps, without excluded disks', async () => {
      const text = await ask('show config local');
      expect(text).toContain('\ndevices {\n}\n');
      expect(text).toMatch(/multipaths \{\n\tmultipath \{\n\t\twwid "w"\n\t\t# alias "mpathx"\n\t\}\n\}\n$/);
    });

    test('show blacklist', async () => {
      expect(await ask('show blacklist')).toMatch(/^device node rules:\n- blacklist:\n {8}\(default rule\) {5}!\^\(sd/);
    });
  });

  test('show wildcards', async () => {
    expect(await startSession().ask('show wildcards')).toBe(
      lines(
        'multipath format wildcards:',
        '%n  name',
        '%w  uuid',
        '%d  sysfs',
        '%F  failback',
        '%Q  queueing',
        '%N  paths',
        '%r  write_prot',
        '%t  dm-st',
        '%S  size',
        '%f  features',
        '%x  failures',
        '%h  hwhandler',
        '%A  action',
        '%0  path_faults',
        '%1  switch_grp',
        '%2  map_loads',
        '%3  total_q_time',
        '%4  q_timeouts',
        '%s  vend/prod',
        '%v  vend',
        '%p  prod',
        '%e  rev',
        '%G  foreign',
        '%g  vpd page data',
        '%k  max_sectors_kb',
        '',
        'path format wildcards:',
        '%w  uuid',
        '%i  hcil',
        '%d  dev',
        '%D  dev_t',
        '%t  dm_st',
        '%o  dev_st',
        '%T  chk_st',
        '%s  vend/prod/rev',
        '%c  checker',
        '%C  next_check',
        '%p  pri',
        '%S  size',
        '%z  serial',
        '%M  marginal_st',
        '%m  multipath',
        '%N  host WWNN',
        '%n  target WWNN',
        '%R  host WWPN',
        '%r  target WWPN',
        '%a  host adapter',
        '%G  foreign',
        '%g  vpd page data',
        '%0  failures',
        '%P  protocol',
        '%I  init_st',
        '%L  LUN hex',
        '%A  TPG',
        '%k  max_sectors_kb',
      ),
    );
  });
});
