/**
 * The ports for disks against a real kernel's SCSI disks, to be run as root in the test guest:
 *
 *   npx esbuild src/kernel/index.ts --bundle --platform=node --outfile=build/probes/kernel.js   (outside)
 *   node test/vm/probes/blocks-probe.js                                                        (inside)
 *
 * Prints a line per fact, `ok NAME` or `not ok NAME: why`, and exits with 1 if one does not hold.
 * Makes scsi_debug disks if there are none; uses LIO, iSCSI and NVMe disks if there are some.
 */
const { execFileSync } = require('node:child_process');
const { randomUUID } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { isDeepStrictEqual } = require('node:util');

const root = path.join(__dirname, '../../..');
const addon = require(path.join(root, 'build/Release/mpathd.node'));
const { openKernel } = require(path.join(root, 'build/probes/kernel.js'));

const kernel = openKernel({
  addon,
  bufferBytes: 1 << 20,
  realtimePriority: 0,
  queueLimit: 1000,
  warn: (message) => console.log(`# ${message}`),
});
const { blocks } = kernel;

/** Everything is slow under emulation. */
const PATIENCE_MS = 60000;
let failures = 0;

function equal(actual, expected, what) {
  if (!isDeepStrictEqual(actual, expected)) {
    throw new Error(`${what}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
  }
}

/** The fields of `expected` in `actual`. */
function has(actual, expected, what) {
  for (const [key, value] of Object.entries(expected)) equal(actual?.[key], value, `${what}.${key}`);
}

async function fact(name, check) {
  try {
    await check();
    console.log(`ok ${name}`);
  } catch (error) {
    failures += 1;
    console.log(`not ok ${name}: ${error.message}`);
  }
}

async function until(what, condition) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`still not so after ${PATIENCE_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const sh = (command, ...args) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
const attribute = (name, file) => fs.readFileSync(`/sys/block/${name}/${file}`, 'utf8').trim();
const set = (file, value) => fs.writeFileSync(file, `${value}\n`);
const model = (name) => (fs.existsSync(`/sys/block/${name}/device/model`) ? attribute(name, 'device/model') : '');
const disks = (wanted) =>
  fs
    .readdirSync('/sys/block')
    .filter((name) => wanted(name))
    .sort();
const scsiDebug = () => disks((name) => model(name) === 'scsi_debug');
const PARAMETERS = '/sys/bus/pseudo/drivers/scsi_debug';

async function makeDisks() {
  if (scsiDebug().length > 0) return;
  sh('modprobe', '-a', 'sd_mod', 'sg', 'scsi_dh_alua', 'dm_mod', 'dm_multipath');
  sh(
    'modprobe',
    'scsi_debug',
    'vpd_use_hostno=0',
    'max_luns=2',
    'num_tgts=1',
    'add_host=2',
    'dev_size_mb=8',
    'delay=0',
  );
  await until('four disks', () => scsiDebug().length === 4);
  sh('udevadm', 'settle', '-t', '120');
}

async function factsOf(name) {
  const reading = await blocks.read(name);
  if (!reading.ok) throw new Error(`${name}: ${JSON.stringify(reading.failure)}`);
  return reading.value;
}

async function requestFor(name, change = {}) {
  const { devt, diskseq } = await factsOf(name);
  return { name, devt, diskseq, method: 'tur', timeoutMs: 20000, ...change };
}

const hcil = (name) => path.basename(fs.realpathSync(`/sys/block/${name}/device`));

async function readsFacts(name) {
  const facts = await factsOf(name);
  has(
    facts,
    {
      name,
      devt: attribute(name, 'dev'),
      diskseq: Number(attribute(name, 'diskseq')),
      devpath: fs.realpathSync(`/sys/block/${name}`).slice('/sys'.length),
      sizeSectors: 16384,
      readOnly: false,
      hidden: false,
      bus: 'scsi',
      vendor: 'Linux',
      model: 'scsi_debug',
      revision: attribute(name, 'device/rev'),
      hcil: hcil(name),
      state: 'running',
      accessState: attribute(name, 'device/access_state'),
      preferredPath: attribute(name, 'device/preferred_path') === '1',
      deviceHandler: attribute(name, 'device/dh_state'),
      vpd83: fs.readFileSync(`/sys/block/${name}/device/vpd_pg83`).toString('hex'),
      vpd80: fs.readFileSync(`/sys/block/${name}/device/vpd_pg80`).toString('hex'),
      sysfsWwid: null,
      timeoutSeconds: Number(attribute(name, 'device/timeout')),
      maxSectorsKb: Number(attribute(name, 'queue/max_sectors_kb')),
      holders: fs.readdirSync(`/sys/block/${name}/holders`).sort(),
    },
    name,
  );
  equal(facts.transport.protocol, 'scsi:unspec', 'protocol');
  const properties = sh('udevadm', 'info', '--query=property', `--name=/dev/${name}`);
  const serial = /^ID_SERIAL=(.*)$/m.exec(properties)?.[1];
  if (serial === undefined) throw new Error('udev knows no ID_SERIAL');
  equal(facts.udev.ID_SERIAL, serial, 'udev.ID_SERIAL');
  for (const [key, value] of Object.entries(facts.udev)) {
    if (!properties.includes(`${key}=${value}`)) throw new Error(`udevadm does not have ${key}=${value}`);
  }
}

async function sendsCommands(name) {
  const { devt, diskseq, vpd83 } = await factsOf(name);
  const device = { node: `/dev/${name}`, devt, diskseq };
  const inquiry = (page, length) =>
    addon.scsiCommand(device, {
      command: Buffer.from([0x12, 1, page, 0, length, 0]).toString('hex'),
      direction: 'in',
      length,
      timeoutMs: 20000,
    });
  // The first command after a reset may answer with a unit attention; INQUIRY never does (SPC-4 6.6).
  const good = await inquiry(0x83, 252);
  has(good, { errno: null, status: 0, hostStatus: 0 }, 'INQUIRY');
  equal(good.data, vpd83, 'page 0x83');
  const bad = await inquiry(0x7f, 252);
  has(bad, { errno: null, status: 2 }, 'INQUIRY of no page');
  const sense = Buffer.from(bad.sense, 'hex');
  equal(sense[0] & 0x7f, 0x70, 'sense format');
  equal([sense[2] & 0xf, sense[12]], [5, 0x24], 'sense');
  const stale = await addon.scsiCommand(
    { ...device, diskseq: diskseq + 1000 },
    { command: '000000000000', direction: 'none', timeoutMs: 1000 },
  );
  equal(stale, { errno: 'ESTALE', step: 'identity' }, 'another diskseq');
}

async function goesOffline(name) {
  set(`/sys/block/${name}/device/state`, 'offline');
  has(
    await blocks.check(await requestFor(name)),
    { state: 'down', message: 'path offline', sysfsState: 'offline' },
    'offline',
  );
  equal(
    await addon.scsiCommand(
      { node: `/dev/${name}`, devt: attribute(name, 'dev'), diskseq: null },
      { command: '000000000000', direction: 'none', timeoutMs: 1000 },
    ),
    { errno: 'ENXIO', step: 'open' },
    'open of an offline disk',
  );
  set(`/sys/block/${name}/device/state`, 'running');
  has(await blocks.check(await requestFor(name)), { state: 'up', sysfsState: 'running' }, 'running again');
}

async function goesAway(name) {
  const before = await requestFor(name);
  const [host, channel, target, lun] = hcil(name).split(':');
  set(`/sys/block/${name}/device/delete`, 1);
  has(await blocks.check(before), { state: 'removed' }, 'deleted');
  const reading = await blocks.read(name);
  has(reading.failure, { code: 'KERNEL_ERROR', errno: 'ENOENT' }, 'reading');
  set(`/sys/class/scsi_host/host${host}/scan`, `${channel} ${target} ${lun}`);
  await until('it is back', () => fs.existsSync(`/sys/block/${name}/diskseq`));
  const after = await requestFor(name);
  equal(after.devt, before.devt, 'the number is given again');
  if (after.diskseq <= before.diskseq) throw new Error('the diskseq was given again');
  has(await blocks.check(before), { state: 'removed' }, 'the old one under a new disk’s name');
  has(await blocks.check(after), { state: 'up' }, 'the new one');
}

async function timesOut(name) {
  const request = await requestFor(name, { timeoutMs: 2000 });
  set(`${PARAMETERS}/opts`, 4);
  set(`${PARAMETERS}/every_nth`, -1);
  try {
    has(
      await blocks.check(request),
      { state: 'timeout', message: 'tur checker timed out', sysfsState: 'running' },
      'first check',
    );
    const again = await blocks.check({ ...request, timeoutMs: 1e6 });
    if (again.state !== 'timeout' && again.state !== 'transitioning')
      throw new Error(`second check: ${JSON.stringify(again)}`);
  } finally {
    set(`${PARAMETERS}/every_nth`, 0);
    set(`${PARAMETERS}/opts`, 0);
  }
  // The SCSI error handler may take the disk offline. Then the probe sets it running by hand, like an administrator.
  await until('up again', async () => {
    const { state, sysfsState } = await blocks.check(request);
    if (sysfsState === 'offline') set(`/sys/block/${name}/device/state`, 'running');
    return state === 'up';
  });
}

async function takesSnapshots(names) {
  const [name] = names;
  sh(
    'dmsetup',
    'create',
    'probe-map',
    '--uuid',
    'mpath-probe',
    '--table',
    `0 16384 multipath 0 0 1 1 service-time 0 1 1 /dev/${name} 1`,
  );
  try {
    const snapshot = await kernel.snapshot();
    if (!snapshot.dm.ok || !snapshot.blocks.ok) throw new Error(JSON.stringify(snapshot));
    const map = snapshot.maps.find(({ uuid }) => uuid === 'mpath-probe')?.reading.value;
    has(map, { name: 'probe-map', hasLiveTable: true, suspended: false }, 'map');
    const listed = new Map(snapshot.blocks.value.map((block) => [block.name, block.reading]));
    for (const disk of names)
      if (listed.get(disk)?.ok !== true) throw new Error(`${disk}: ${JSON.stringify(listed.get(disk))}`);
    equal(listed.get(name).value.holders, [path.basename(fs.realpathSync('/dev/mapper/probe-map'))], 'holders');
    equal(
      [...listed.keys()].filter((n) => /^(loop|dm-|sr|ram)/.test(n)),
      [],
      'disks that never are paths',
    );
  } finally {
    sh('udevadm', 'settle', '-t', '60');
    sh('dmsetup', 'remove', '--retry', 'probe-map');
  }
}

/** A fence written to device-mapper's module comes back. */
async function fences() {
  const uuid = randomUUID();
  const events = [];
  kernel.kernelUevents.start((batch) => events.push(...batch.events));
  try {
    equal(await kernel.fence(uuid), { ok: true, value: null }, 'fence');
    const ours = () => events.find((event) => event.synthUuid === uuid);
    await until('the event is here', () => ours() !== undefined);
    has(ours(), { action: 'change', devpath: '/module/dm_mod' }, 'event');
    equal(ours().env.SYNTH_ARG_MPATHD, '1', 'argument');
  } finally {
    kernel.kernelUevents.stop();
  }
}

/** LIO: the states of a target port group, as the answers to TEST UNIT READY show them. */
async function checksAlua(name) {
  const states = '/sys/kernel/config/target/core/fileio_0/d0/alua';
  try {
    for (const [value, expected] of [
      [0, 'up'],
      [1, 'up'],
      [2, 'ghost'],
      [3, 'down'],
      [0, 'up'],
    ]) {
      for (const group of ['gA', 'gB']) set(`${states}/${group}/alua_access_state`, value);
      has(await blocks.check(await requestFor(name)), { state: expected }, `state ${value}`);
    }
  } finally {
    for (const group of ['gA', 'gB']) set(`${states}/${group}/alua_access_state`, 0);
  }
}

async function main() {
  await makeDisks();
  const names = scsiDebug();
  const [first] = names;
  for (const name of names) await fact(`facts of ${name}`, () => readsFacts(name));
  await fact('TEST UNIT READY', async () =>
    has(
      await blocks.check(await requestFor(first)),
      { state: 'up', sizeSectors: 16384, accessState: attribute(first, 'device/access_state') },
      'check',
    ),
  );
  await fact('direct read', async () =>
    has(await blocks.check(await requestFor(first, { method: 'read' })), { state: 'up' }, 'check'),
  );
  await fact('another diskseq is removed', async () =>
    has(await blocks.check(await requestFor(first, { diskseq: 1e6 })), { state: 'removed' }, 'check'),
  );
  await fact('commands', () => sendsCommands(first));
  await fact('offline and running', () => goesOffline(first));
  await fact('deleted and made again', () => goesAway(first));
  await fact('a disk that does not answer', () => timesOut(first));
  await fact('fence', fences);
  await fact('snapshot', () => takesSnapshots(names));
  await fact('the root disk is no SCSI disk', async () =>
    has(await factsOf('vda'), { bus: 'other', vendor: null }, 'vda'),
  );
  for (const name of disks((n) => /^nvme\d+n\d+$/.test(n))) {
    await fact(`NVMe facts of ${name}`, async () => {
      const facts = await factsOf(name);
      has(facts, { bus: 'nvme', vendor: 'NVME', state: 'live', sysfsWwid: attribute(name, 'wwid') }, name);
      has(
        facts.transport,
        {
          protocol: 'nvme:pcie',
          targetWwnn: attribute(name, 'device/subsysnqn'),
          hostAdapter: attribute(name, 'device/address'),
        },
        'transport',
      );
      has(await blocks.check(await requestFor(name, { method: 'read' })), { state: 'up', sysfsState: 'live' }, 'check');
    });
  }
  for (const name of disks((n) => /\/session\d+\//.test(fs.realpathSync(`/sys/block/${n}`)))) {
    await fact(`iSCSI facts of ${name}`, async () => {
      const { transport } = await factsOf(name);
      const session = /\/(session\d+)\//.exec(fs.realpathSync(`/sys/block/${name}`))[1];
      equal(transport.protocol, 'scsi:iscsi', 'protocol');
      equal(
        transport.targetWwnn,
        fs.readFileSync(`/sys/class/iscsi_session/${session}/targetname`, 'utf8').trim(),
        'target',
      );
      if (!/^127\.0\.0\.\d$/.test(transport.hostAdapter)) throw new Error(`address ${transport.hostAdapter}`);
    });
  }
  const vendor = (name) => (fs.existsSync(`/sys/block/${name}/device/vendor`) ? attribute(name, 'device/vendor') : '');
  const lio = disks((n) => vendor(n) === 'LIO-ORG' && /\/tcm_loop/.test(fs.realpathSync(`/sys/block/${n}`)));
  if (lio.length > 0) await fact(`ALUA states of ${lio[0]}`, () => checksAlua(lio[0]));
  console.log(failures === 0 ? 'all facts hold' : `${failures} facts do not hold`);
  process.exitCode = failures === 0 ? 0 : 1;
}

main().catch((error) => {
  console.log(`not ok: ${error.stack}`);
  process.exitCode = 1;
});
