import type { Explained } from '../../src/daemon/daemon';
import type { Plan } from '../../src/engine/plan/plan';
import { ask, ctl, type Daemon, startMpathd, writeConfig } from './daemon';
import { type Background, machineForFile, waitFor } from './machine';
import { fastUdev, iscsi } from './topologies';
import { expectTablesEqualKernel, type KernelMap, type Truth, truthOf } from './truth';

/*
 * The configuration changes under a running daemon, while fio writes and verifies through both maps and a script always
 * watches where each name leads. All tests are one history.
 */
const machine = machineForFile();
const guest = (command: string): Promise<string> => machine().ok(command);
let daemon: Daemon;
const writers: Background[] = [];
let wwids: [string, string];

const multipaths = (...aliases: [string, string]): string =>
  `multipaths {\n${aliases.map((alias, at) => `\tmultipath {\n\t\twwid ${wwids[at]}\n\t\talias ${alias}\n\t}\n`).join('')}}\n`;
const DEFAULTS = 'defaults {\n\tfind_multipaths no\n\tuser_friendly_names no\n}\n';

const mapOf = (truth: Truth, wwid: string): KernelMap | undefined =>
  truth.maps.find(({ uuid }) => uuid === `mpath-${wwid}`);
const named = async (): Promise<Array<string | undefined>> => {
  const truth = await truthOf(machine());
  return wwids.map((wwid) => mapOf(truth, wwid)?.name);
};

const fio = (device: string, file: string): string =>
  [
    `fio --name=verify --filename=${device} --direct=1 --ioengine=libaio --iodepth=2 --rw=randwrite --bs=4k --size=4M`,
    `--verify=crc32c --verify_fatal=1 --verify_backlog=64 --time_based --runtime=3000 --rate_iops=60,60 --output=${file}`,
  ].join(' ');

const planned = async (file?: string): Promise<Plan> => {
  const reply = await ask(machine(), file === undefined ? 'mpathd plan json' : `mpathd plan json ${file}`, 90_000);
  if (reply.startsWith('fail')) throw new Error(reply);
  return JSON.parse(reply) as Plan;
};

const rowOf = (plan: Plan, wwid: string) => plan.maps.find((map) => map.wwid === wwid);

/**
 * The identity of every map, with its event number: a map that was touched has another number. (udev may have a map
 * open for a moment.)
 */
const untouched = ({ name, uuid, devt, events, features, handler, groups }: KernelMap): object => ({
  name,
  uuid,
  devt,
  events,
  features,
  handler,
  groups,
});
const kernelMaps = async (): Promise<string> => JSON.stringify((await truthOf(machine())).maps.map(untouched));

const reconfigure = async (): Promise<string> => ask(machine(), 'mpathd reconfigure', 90_000);

/** Checks that the kernel's maps are as planned. */
const expectDone = async (plan: Plan): Promise<void> => {
  const truth = await expectTablesEqualKernel(machine());
  for (const { wwid, after } of plan.maps) expect(mapOf(truth, wwid)?.name).toBe(after?.alias);
};

/** Prints a line whenever a name leads to disks of another map. */
let watch: Background;

beforeAll(async () => {
  await writeConfig(machine(), DEFAULTS);
  await fastUdev(machine());
  await guest('mkdir -p /etc/multipath/conf.d');
  // In place of the hardware table's settings for LIO.
  await machine().write(
    '/etc/multipath/conf.d/test.conf',
    'overrides {\n\tpath_grouping_policy failover\n\tno_path_retry fail\n}\n',
  );
  await iscsi(machine(), { luns: 2, portals: 2, noopSeconds: 30 });
  daemon = await startMpathd(machine(), '-v info');
  const truth = await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
  const [first = '', second = ''] = truth.maps.map(({ uuid }) => uuid.slice('mpath-'.length)).sort();
  wwids = [first, second];
  expect(await named()).toEqual(wwids);
  // By the map's number: fio opens the device again, and the name changes meanwhile.
  for (const [at, wwid] of wwids.entries()) {
    const minor = mapOf(truth, wwid)?.devt.split(':')[1];
    writers.push(await machine().start(`exec ${fio(`/dev/dm-${minor}`, `/run/fio-${at}`)}`));
  }
  watch = await machine().start('exec python3 /project/test/vm/guest/names.py');
}, 400_000);

const ioGoesOn = async (): Promise<void> => {
  for (const writer of writers) expect(await writer.exitCode()).toBeNull();
};

test('a plan with another file tells the new names, and does nothing', async () => {
  await machine().write('/run/other.conf', `${DEFAULTS}${multipaths('first', 'second')}`);
  const before = await kernelMaps();
  const plan = await planned('/run/other.conf');
  expect(plan.maps.map(({ action }) => action)).toEqual(['rename', 'rename']);
  expect([rowOf(plan, wwids[0])?.after?.alias, rowOf(plan, wwids[1])?.after?.alias]).toEqual(['first', 'second']);
  expect((await planned()).maps.map(({ action }) => action)).toEqual(['nothing', 'nothing']);
  expect(await kernelMaps()).toBe(before);
  const shown = await ctl(machine(), 'plan --config /run/other.conf');
  expect(shown.stdout).toContain(`${wwids[0]}: rename`);
  expect(shown.stdout).toContain('2 maps: rename 2. Nothing was done.');
});

test('aliases of the configuration: the maps get them, under I/O', async () => {
  await writeConfig(machine(), `${DEFAULTS}${multipaths('first', 'second')}`);
  const plan = await planned();
  expect(await reconfigure()).toBe('ok\n');
  await expectDone(plan);
  expect(await named()).toEqual(['first', 'second']);
  await ioGoesOn();
});

test('two aliases are exchanged, and at no moment did a name lead to the other LUN', async () => {
  await writeConfig(machine(), `${DEFAULTS}${multipaths('second', 'first')}`);
  const plan = await planned();
  expect(plan.maps.map(({ action }) => action)).toEqual(['rename', 'rename']);
  expect(await reconfigure()).toBe('ok\n');
  await waitFor(
    machine(),
    'the names',
    async () => ((await named()).join() === 'second,first' ? true : undefined),
    60_000,
  );
  await expectDone(plan);
  await guest('udevadm settle --timeout=60');
  const links = await guest(
    'for n in first second; do cat /sys/block/$(basename $(readlink -f /dev/mapper/$n))/dm/uuid; done',
  );
  expect(links.trim().split('\n')).toEqual([`mpath-${wwids[1]}`, `mpath-${wwids[0]}`]);
  await ioGoesOn();
});

test('a setting of one map reloads that map with the table of the plan, and leaves the other alone', async () => {
  const text = `${DEFAULTS}${multipaths('second', 'first').replace('alias second', 'alias second\n\t\tpath_selector "round-robin 0"\n\t\tpath_grouping_policy multibus')}`;
  await writeConfig(machine(), text);
  const before = await truthOf(machine());
  const plan = await planned();
  expect(rowOf(plan, wwids[0])).toMatchObject({
    action: 'reload',
    after: { table: expect.stringContaining('round-robin 0') as string },
  });
  expect(rowOf(plan, wwids[1])).toMatchObject({ action: 'nothing', steps: [] });
  expect(await reconfigure()).toBe('ok\n');
  const after = await waitFor(
    machine(),
    'the reload',
    async () => {
      const truth = await truthOf(machine());
      return mapOf(truth, wwids[0])?.groups[0]?.selector.startsWith('round-robin') ? truth : undefined;
    },
    60_000,
  );
  expect(mapOf(after, wwids[0])?.groups).toHaveLength(1);
  expect(mapOf(after, wwids[0])?.groups[0]?.paths).toHaveLength(2);
  expect([mapOf(after, wwids[1])].flatMap((map) => map ?? []).map(untouched)).toEqual(
    [mapOf(before, wwids[1])].flatMap((map) => map ?? []).map(untouched),
  );
  await ioGoesOn();
});

test('SIGHUP with nothing changed touches no map', async () => {
  const resyncs = async (): Promise<number> =>
    (await daemon.log()).match(/resync \d+ done \(requested\)/g)?.length ?? 0;
  const [before, done] = [await kernelMaps(), await resyncs()];
  await daemon.process.kill('HUP');
  await waitFor(machine(), 'the resync', async () => ((await resyncs()) > done ? true : undefined), 60_000);
  expect(await kernelMaps()).toBe(before);
});

test('explain says by which line a map has its name and its settings, and what stops a disk that has none', async () => {
  const map = JSON.parse(await ask(machine(), 'mpathd explain json second')) as Explained;
  expect(map).toMatchObject({ multipathed: true, subject: { kind: 'map', name: 'second', wwid: wwids[0] } });
  const facts = map.sections.flatMap((section) => section.facts);
  expect(facts).toContainEqual(
    expect.objectContaining({ label: 'path_selector', source: '/etc/multipath.conf line 9 (multipaths)' }),
  );
  expect(map.events.some(({ message }) => message.includes('reload'))).toBe(true);
  expect(await ask(machine(), 'mpathd explain json vda')).toContain('nothing is known of vda');
});

test('a broken file keeps the running configuration, and says why, with file and line', async () => {
  const before = await kernelMaps();
  await writeConfig(machine(), `${DEFAULTS}blacklist {\n\tdevnode "(sd"\n}\n`);
  const reply = await reconfigure();
  expect(reply).toMatch(/^fail\n/);
  expect(reply).toContain('the running configuration stays');
  expect(await daemon.log()).toMatch(/\/etc\/multipath\.conf.*6/);
  expect(await kernelMaps()).toBe(before);
  expect(
    await planned().then(
      () => '',
      (error: unknown) => String(error),
    ),
  ).toContain('fail');
  await ioGoesOn();
});

test('a LUN that is blacklisted while its map is in use keeps the map; when nobody uses it any more the next reconfigure takes it away', async () => {
  const blacklist = `blacklist {\n\twwid ${wwids[0]}\n}\n`;
  await writeConfig(machine(), `${DEFAULTS}${blacklist}${multipaths('second', 'first')}`);
  await reconfigure();
  await ioGoesOn();
  expect(mapOf(await truthOf(machine()), wwids[0])?.groups.flatMap(({ paths }) => paths)).toHaveLength(2);
  await writers[0]?.kill('TERM');
  await waitFor(machine(), 'the first fio to end', async () => (await writers[0]?.exitCode()) ?? undefined, 60_000);
  await guest('udevadm settle --timeout=60');
  await reconfigure();
  await waitFor(
    machine(),
    'the map to go',
    async () => (mapOf(await truthOf(machine()), wwids[0]) === undefined ? true : undefined),
    60_000,
  );
  const explained = await Promise.all(
    ['sda', 'sdb', 'sdc', 'sdd'].map(
      async (disk) => JSON.parse(await ask(machine(), `mpathd explain json ${disk}`)) as Explained,
    ),
  );
  const [banned] = explained.filter(({ multipathed }) => !multipathed);
  expect(banned?.verdict).toContain(`blacklisted by wwid "${wwids[0]}" (/etc/multipath.conf line 6)`);
});

test('through all of it no write was lost, and no name led to another LUN at any look', async () => {
  await watch.kill('TERM');
  await waitFor(machine(), 'the looks to end', async () => (await watch.exitCode()) ?? undefined, 20_000);
  const { looks, misled } = JSON.parse(await watch.log()) as { looks: number; misled: string[] };
  expect(misled).toEqual([]);
  expect(looks).toBeGreaterThan(200);
  await writers[1]?.kill('INT');
  await waitFor(machine(), 'the second fio to end', async () => (await writers[1]?.exitCode()) ?? undefined, 60_000);
  const reports = await guest('cat /run/fio-0 /run/fio-1');
  expect(reports).not.toMatch(/verify: bad|err= *[1-9]/);
  expect(reports.match(/err= 0/g)).toHaveLength(2);
});
