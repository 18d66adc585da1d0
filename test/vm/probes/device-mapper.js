/**
 * Tests the addon's device-mapper part against a real kernel and a real udevd. Run it as root in the test guest: `node
 * test/vm/probes/device-mapper.js`. It prints one line for each fact, `ok NAME` or `not ok NAME: why`, and exits with 1
 * if one does not hold. It uses existing scsi_debug disks, or makes some.
 */
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { isDeepStrictEqual } = require('node:util');

const addon = require(path.join(__dirname, '../../../build/Release/mpathd.node'));

/**
 * The names do not begin with `mpath-`: for such maps multipath-tools' udev rule runs `multipath -U`, which checks the
 * paths itself and fails them in the map behind the probe's back.
 */
const PREFIX = 'dmprobe-';
/** libdevmapper.h: DM_UDEV_DISABLE_LIBRARY_FALLBACK. */
const UDEV_FLAGS = 0x20;

let failures = 0;
/** The time limit for everything that udev does here. It is generous, because emulation is slow. */
const PATIENCE_MS = 60000;

function sh(command, ...args) {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what, condition) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`still not so after ${PATIENCE_MS} ms: ${what}`);
    await sleep(50);
  }
}

function equal(actual, expected, what) {
  if (!isDeepStrictEqual(actual, expected)) {
    throw new Error(`${what}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
  }
}

function holds(condition, what) {
  if (!condition) throw new Error(what);
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

/** The success of a native call, or an exception that names errno and step. */
async function done(promise) {
  const result = await promise;
  if (result.errno !== null) throw new Error(`${result.step}: ${result.errno}`);
  return result;
}

async function refused(promise, errno, step) {
  const result = await promise;
  equal({ errno: result.errno, step: result.step }, { errno, step }, 'the refusal');
  equal(result.cookie, undefined, 'a cookie left over');
}

async function settled(result) {
  await until('udev is done with the cookie', () => addon.dmFinishCookie(result.cookie, false));
  return result;
}

const read = async (uuid) => (await done(addon.dmRead({ uuid }))).map;

function semaphores() {
  return fs
    .readFileSync('/proc/sysvipc/sem', 'utf8')
    .split('\n')
    .slice(1)
    .filter((line) => Number(line.trim().split(/\s+/)[0]) >>> 16 === 0x0d4d).length;
}

function disks() {
  return fs
    .readdirSync('/sys/block')
    .filter((name) => name.startsWith('sd'))
    .filter((name) => fs.readFileSync(`/sys/block/${name}/device/model`, 'utf8').trim() === 'scsi_debug')
    .map((name) => ({
      devt: fs.readFileSync(`/sys/block/${name}/dev`, 'utf8').trim(),
      sectors: Number(fs.readFileSync(`/sys/block/${name}/size`, 'utf8')),
    }));
}

async function prepare() {
  sh('modprobe', '-a', 'dm_mod', 'dm_multipath', 'dm_service_time', 'sd_mod');
  if (disks().length < 2) {
    sh(
      'modprobe',
      'scsi_debug',
      'vpd_use_hostno=0',
      'max_luns=1',
      'num_tgts=1',
      'add_host=2',
      'dev_size_mb=8',
      'delay=0',
    );
    await until('two scsi_debug disks are there', () => disks().length >= 2);
  }
  sh('udevadm', 'settle', '-t', '120');
  // Paths of one size: all disks of scsi_debug have the same size.
  return disks().slice(0, 2);
}

function tableOf(paths) {
  return `0 0 1 1 service-time 0 ${paths.length} 1 ${paths.map((devt) => `${devt} 1`).join(' ')}`;
}

function request(id, sectors, paths, more) {
  return {
    uuid: PREFIX + id,
    sizeSectors: sectors,
    readOnly: false,
    targetType: 'multipath',
    params: tableOf(paths),
    udevFlags: UDEV_FLAGS,
    ...more,
  };
}

async function main() {
  const [one, two] = await prepare();
  const both = [one.devt, two.devt];
  const sectors = one.sectors;
  const make = (id, more) => addon.dmCreate({ name: `dmprobe${id}`, ...request(id, sectors, both), ...more });
  const remove = async (id) => settled(await done(addon.dmRemove(PREFIX + id, UDEV_FLAGS)));
  const listed = async () => (await done(addon.dmList(null))).devices;
  let events = 0;
  const watch = addon.dmWatchEvents(() => {
    events += 1;
  });
  const semaphoresBefore = semaphores();
  const devicesBefore = (await listed()).length;

  await fact('version is 4.37 or newer and the multipath target is there', async () => {
    const { version } = await done(addon.dmVersion());
    holds(version[0] === 4 && version[1] >= 37, `version ${version.join('.')}`);
    equal((await done(addon.dmTargetVersion('multipath'))).version[0], 1, 'multipath version');
    await refused(addon.dmTargetVersion('nosuchtarget'), 'EINVAL', 'DM_GET_TARGET_VERSION');
  });

  await fact('create makes a running map, and udev its link', async () => {
    const created = await settled(await done(make('A')));
    const map = created.map;
    equal(
      [map.uuid, map.name, map.suspended, map.readOnly, map.hasLiveTable, map.hasInactiveTable],
      [`${PREFIX}A`, 'dmprobeA', false, false, true, false],
      'the map',
    );
    equal(map.targets.length, 1, 'targets');
    equal(map.diskseq, Number(fs.readFileSync(`/sys/dev/block/${map.devt}/diskseq`, 'utf8')), 'diskseq');
    const node = fs.realpathSync('/dev/mapper/dmprobeA');
    equal(fs.readFileSync(`/sys/block/${path.basename(node)}/dev`, 'utf8').trim(), map.devt, 'what the link leads to');
    equal(semaphores(), semaphoresBefore, 'semaphores');
  });

  await fact('table, status and numbers are what dmsetup says', async () => {
    const map = await read(`${PREFIX}A`);
    const [target] = map.targets;
    const line = (text) => `${target.start} ${target.length} ${target.type} ${text.trim()}`;
    equal(line(target.table), sh('dmsetup', 'table', 'dmprobeA'), 'table');
    equal(line(target.status), sh('dmsetup', 'status', 'dmprobeA'), 'status');
    const info = sh(
      'dmsetup',
      'info',
      '-c',
      '--noheadings',
      '--separator',
      ' ',
      '-o',
      'major,minor,open,events,uuid',
      'dmprobeA',
    );
    equal(`${map.devt.replace(':', ' ')} ${map.openCount} ${map.eventNr} ${map.uuid}`, info, 'info');
  });

  await fact('by number reads the same as by UUID', async () => {
    const map = await read(`${PREFIX}A`);
    equal((await done(addon.dmRead({ devt: map.devt }))).map, map, 'by number');
  });

  await fact('fail_path and reinstate_path change the status, raise the number and call back', async () => {
    const before = await read(`${PREFIX}A`);
    events = 0;
    await done(addon.dmMessage(`${PREFIX}A`, `fail_path ${one.devt}`));
    await until('the event callback came', () => events > 0);
    const failed = await read(`${PREFIX}A`);
    holds(failed.targets[0].status.includes(`${one.devt} F 1`), failed.targets[0].status);
    holds(failed.eventNr > before.eventNr, `event number ${before.eventNr} -> ${failed.eventNr}`);
    equal((await listed()).find((d) => d.uuid === `${PREFIX}A`).eventNr, failed.eventNr, 'number in the list');
    events = 0;
    await done(addon.dmMessage(`${PREFIX}A`, `reinstate_path ${one.devt}`));
    await until('the event callback came again', () => events > 0);
    holds((await read(`${PREFIX}A`)).targets[0].status.includes(`${one.devt} A 1`), 'not reinstated');
  });

  await fact('a message about a path that the map has not is refused', async () => {
    const result = await addon.dmMessage(`${PREFIX}A`, 'fail_path 250:250');
    equal(result.step, 'DM_TARGET_MSG', 'step');
    holds(result.errno !== null, 'accepted');
  });

  await fact('rename keeps the device and moves the link', async () => {
    const before = await read(`${PREFIX}A`);
    await settled(await done(addon.dmRename(`${PREFIX}A`, 'dmprobeA2', UDEV_FLAGS)));
    equal(
      await read(`${PREFIX}A`),
      { ...before, name: 'dmprobeA2', eventNr: (await read(`${PREFIX}A`)).eventNr },
      'the map',
    );
    await until('the new link is there', () => fs.existsSync('/dev/mapper/dmprobeA2'));
    await until('the old link is gone', () => !fs.existsSync('/dev/mapper/dmprobeA'));
    equal(
      (await done(addon.dmRename(`${PREFIX}A`, 'dmprobeA2', UDEV_FLAGS))).cookie,
      0,
      'cookie of a rename to the same name',
    );
    await settled(await done(addon.dmRename(`${PREFIX}A`, 'dmprobeA', UDEV_FLAGS)));
  });

  await fact('reload puts the new table live, read-only and back', async () => {
    const reload = async (more) =>
      (await settled(await done(addon.dmReload({ ...request('A', sectors, both), ...more })))).map;
    const single = await reload({ params: tableOf([two.devt]), readOnly: true });
    // The selector prints its second argument, too, if the table had one.
    equal(single.targets[0].table.trim(), `0 0 1 1 service-time 0 1 2 ${two.devt} 1 1`, 'table');
    equal([single.readOnly, single.suspended, single.hasInactiveTable], [true, false, false], 'flags');
    const again = await reload({});
    equal([again.readOnly, again.diskseq], [false, single.diskseq], 'after the way back');
    holds(again.targets[0].table.includes(one.devt), again.targets[0].table);
  });

  await fact('a reload that the target refuses changes nothing', async () => {
    const before = await read(`${PREFIX}A`);
    await refused(
      addon.dmReload({ ...request('A', sectors, both), params: '0 0 1 1 nosuchselector 0 0 1' }),
      'EINVAL',
      'DM_TABLE_LOAD',
    );
    equal(await read(`${PREFIX}A`), before, 'the map');
    await refused(addon.dmReload(request('none', sectors, both)), 'ENXIO', 'DM_TABLE_LOAD');
  });

  await fact('create under a name or UUID that is taken is EBUSY and leaves the map alone', async () => {
    const before = await read(`${PREFIX}A`);
    await refused(make('B', { name: 'dmprobeA' }), 'EBUSY', 'DM_DEV_CREATE');
    await refused(make('A', { name: 'dmprobeC' }), 'EBUSY', 'DM_DEV_CREATE');
    equal(await read(`${PREFIX}A`), before, 'the map');
    equal((await listed()).length, devicesBefore + 1, 'devices');
  });

  await fact('create with a bad table is EINVAL and leaves nothing over', async () => {
    await refused(make('B', { params: '0 0 1 1 nosuchselector 0 0 1' }), 'EINVAL', 'DM_TABLE_LOAD');
    equal((await listed()).length, devicesBefore + 1, 'devices');
    equal(semaphores(), semaphoresBefore, 'semaphores');
  });

  await fact('an open map is not removed: EBUSY', async () => {
    const fd = fs.openSync('/dev/mapper/dmprobeA', 'r');
    try {
      await refused(addon.dmRemove(`${PREFIX}A`, UDEV_FLAGS), 'EBUSY', 'DM_DEV_REMOVE');
      equal((await read(`${PREFIX}A`)).openCount, 1, 'open count');
    } finally {
      fs.closeSync(fd);
    }
  });

  await fact('a suspended map reads as suspended; a reload resumes it', async () => {
    sh('dmsetup', 'suspend', '--noflush', '--nolockfs', 'dmprobeA');
    equal((await read(`${PREFIX}A`)).suspended, true, 'suspended');
    equal(
      (await settled(await done(addon.dmReload(request('A', sectors, both))))).map.suspended,
      false,
      'after the reload',
    );
  });

  await fact('swapped names lead to the right maps', async () => {
    await settled(await done(make('B')));
    for (const [from, to] of [
      ['dmprobeA', 'dmprobeX'],
      ['dmprobeB', 'dmprobeA'],
      ['dmprobeX', 'dmprobeB'],
    ]) {
      sh('dmsetup', 'rename', from, to);
    }
    equal([(await read(`${PREFIX}A`)).name, (await read(`${PREFIX}B`)).name], ['dmprobeB', 'dmprobeA'], 'names');
    const devt = (await read(`${PREFIX}B`)).devt;
    await settled(await done(addon.dmRename(`${PREFIX}B`, 'dmprobeY', UDEV_FLAGS)));
    equal((await done(addon.dmRead({ devt }))).map.name, 'dmprobeY', 'the renamed one');
    equal((await read(`${PREFIX}A`)).name, 'dmprobeB', 'the other one');
    await refused(addon.dmRename(`${PREFIX}A`, 'dmprobeY', UDEV_FLAGS), 'EBUSY', 'DM_DEV_RENAME');
    await remove('B');
  });

  await fact('a removed map is ENXIO by UUID and by number', async () => {
    const { devt } = await read(`${PREFIX}A`);
    await remove('A');
    await refused(addon.dmRead({ uuid: `${PREFIX}A` }), 'ENXIO', 'DM_DEV_STATUS');
    await refused(addon.dmRead({ devt }), 'ENXIO', 'DM_DEV_STATUS');
    await refused(addon.dmRemove(`${PREFIX}A`, UDEV_FLAGS), 'ENXIO', 'DM_DEV_REMOVE');
    await refused(addon.dmRename(`${PREFIX}A`, 'dmprobeZ', UDEV_FLAGS), 'ENXIO', 'DM_DEV_STATUS');
    await refused(addon.dmMessage(`${PREFIX}A`, 'queue_if_no_path'), 'ENXIO', 'DM_TARGET_MSG');
    await until('the link is gone', () => !fs.existsSync('/dev/mapper/dmprobeA'));
  });

  await fact('twenty maps are listed and read in one snapshot', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `S${i}`);
    const created = await Promise.all(ids.map((id) => done(make(id))));
    await Promise.all(created.map(settled));
    const snapshot = await done(addon.dmSnapshot(`${PREFIX}S`));
    equal(snapshot.maps.map((m) => m.uuid).sort(), ids.map((id) => PREFIX + id).sort(), 'UUIDs');
    for (const { uuid, result } of snapshot.maps) {
      equal([result.errno, result.map?.uuid, result.map?.targets.length], [null, uuid, 1], 'a reading');
      const entry = snapshot.devices.find((d) => d.uuid === uuid);
      equal([entry.name, entry.devt], [result.map.name, result.map.devt], 'its entry');
    }
    equal(snapshot.devices.length, devicesBefore + 20, 'devices');
    for (const id of ids) await remove(id);
    equal((await listed()).length, devicesBefore, 'devices left');
  });

  await fact('who has the last list is told what has changed since', async () => {
    const whole = await done(addon.dmList(null));
    equal([whole.since, whole.devices.length, whole.gone], [null, devicesBefore, []], 'the whole one');
    await settled(await done(make('L')));
    const { devt } = await read(`${PREFIX}L`);
    const made = await done(addon.dmList(whole.number));
    equal(
      [made.since, made.devices.map((d) => [d.uuid, d.devt]), made.gone],
      [whole.number, [[`${PREFIX}L`, devt]], []],
      'made',
    );
    await done(addon.dmMessage(`${PREFIX}L`, `fail_path ${one.devt}`));
    const failed = await done(addon.dmList(made.number));
    equal(
      [failed.devices.map((d) => d.eventNr > made.devices[0].eventNr), failed.gone],
      [[true], []],
      'its event number',
    );
    equal((await done(addon.dmList(made.number))).since, null, 'one that was not the last');
    const { number } = await done(addon.dmList(null));
    await remove('L');
    const removed = await done(addon.dmList(number));
    equal([removed.devices, removed.gone], [[], [devt]], 'removed');
  });

  await fact('devices of others are listed: without UUID, without table, with a mangled name', async () => {
    sh('dmsetup', 'create', 'dm probe', '--table', '0 8 zero');
    sh('dmsetup', 'create', 'dmprobe-empty', '--uuid', `${PREFIX}E`, '--notable');
    const plain = (await listed()).find((d) => d.name === 'dm\\x20probe');
    holds(plain !== undefined, 'the mangled name is not there');
    equal(plain.uuid, '', 'UUID');
    const map = (await done(addon.dmRead({ devt: plain.devt }))).map;
    equal([map.uuid, map.name, map.targets[0].type], ['', 'dm\\x20probe', 'zero'], 'the one without UUID');
    const empty = await read(`${PREFIX}E`);
    equal([empty.hasLiveTable, empty.targets], [false, []], 'the one without table');
    sh('dmsetup', 'remove', 'dm probe');
    await remove('E');
  });

  await fact('answers that do not fit at first are asked for again: list and table', async () => {
    const long = Array.from({ length: 64 }, (_, i) => `${'n'.repeat(110)}${i}`);
    for (const name of long) {
      sh(
        'dmsetup',
        'create',
        '--notable',
        '--noudevsync',
        name,
        '--uuid',
        `${PREFIX}-${'u'.repeat(100)}${name.slice(110)}`,
      );
    }
    equal((await listed()).filter((d) => long.includes(d.name)).length, 64, 'long names listed');
    for (const name of long) sh('dmsetup', 'remove', '--noudevsync', name);
    // A group has at most 1024 paths (dm-mpath.c, parse_priority_group).
    const group = `service-time 0 1000 1 ${Array.from({ length: 1000 }, (_, i) => `${both[i % 2]} 1`).join(' ')}`;
    const { map } = await settled(await done(make('L', { params: `0 0 3 1 ${group} ${group} ${group}` })));
    const words = (text) => text.trim().split(' ').length;
    equal(words(map.targets[0].table), 4 + 3 * (4 + 1000 * 3), 'words of the table');
    equal(map.targets[0].status.match(/ \d+:\d+ [AF] /g).length, 3000, 'paths in the status');
    await remove('L');
  });

  await fact('while udev stands still its cookie stays pending, and can be destroyed', async () => {
    sh('udevadm', 'settle', '-t', '60');
    sh('udevadm', 'control', '--stop-exec-queue');
    try {
      const { cookie } = await done(make('Q'));
      equal([addon.dmFinishCookie(cookie, false), semaphores()], [false, semaphoresBefore + 1], 'pending');
      equal([addon.dmFinishCookie(cookie, true), semaphores()], [true, semaphoresBefore], 'destroyed');
      equal(addon.dmFinishCookie(cookie, false), true, 'once gone');
    } finally {
      sh('udevadm', 'control', '--start-exec-queue');
    }
    sh('udevadm', 'settle', '-t', '60');
    await remove('Q');
  });

  await fact('after stop() no event calls back', async () => {
    await sleep(50);
    events = 0;
    watch.stop();
    watch.stop();
    await settled(await done(make('W')));
    await remove('W');
    equal(events, 0, 'calls');
  });

  await fact('nothing is left: no device, no semaphore', async () => {
    equal((await listed()).length, devicesBefore, 'devices');
    equal(semaphores(), semaphoresBefore, 'semaphores');
  });

  process.exitCode = failures === 0 ? 0 : 1;
}

main().catch((error) => {
  console.log(`not ok probe: ${error.stack}`);
  process.exitCode = 1;
});
