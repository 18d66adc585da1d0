/** An engine that has adopted thousands of paths and maps, without a kernel or simulator behind it. */
import { createEngine, type Engine } from '../../src/engine/engine';
import type { Effect, InputBody } from '../../src/engine/protocol';
import type { BlockFacts, DmListEntry, KernelSnapshot, MapFacts } from '../../src/model/facts';
import { namesOfRecord } from '../../src/model/propertyNames';
import { usedValues } from '../../src/policy/usedProperties';
import type { UeventBatch } from '../../src/model/uevent';
import { startInput } from '../configuration';

export interface LargeSan {
  engine: Engine;
  snapshot: KernelSnapshot;
  paths: BlockFacts[];
  maps: MapFacts[];
  /** Feeds an input. The clock moves by one ms for each input. */
  step(body: InputBody): Effect[];
}

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0');

/** sda … sdzzz */
function diskName(at: number): string {
  let name = '';
  for (let n = at; n >= 0; n = Math.floor(n / 26) - 1) name = String.fromCharCode(97 + (n % 26)) + name;
  return `sd${name}`;
}

export const wwidOf = (lun: number): string => `3600a0980${hex(lun, 24)}`;
/** Each disk has 16 numbers for partitions, as in sd. Minor numbers have 20 bits. */
const devtOf = (at: number): string => `${8 + (at >> 16)}:${(at & 0xffff) * 16}`;

/** A record has some sixty properties. */
function udevRecord(wwid: string): Record<string, string> {
  const names = Array.from({ length: 55 }, (_, at) => [`ID_PROPERTY_NUMBER_${at}`, 'x']);
  return Object.fromEntries([
    ...names,
    ['DEVTYPE', 'disk'],
    ['SCSI_IDENT_LUN_NAA_REGEXT', ''],
    ['ID_WWN', `0x${wwid.slice(1, 17)}`],
    ['ID_SERIAL', wwid],
  ]) as Record<string, string>;
}

/** VPD page 0x83 as arrays give it: T10 vendor, NAA, relative port, port group, SCSI name (SPC-4, 7.8.6). */
function deviceIdentification(wwid: string): string {
  const text = (of: string): string => Buffer.from(of.padEnd(24)).toString('hex');
  const designators = [
    `02010018${text('NETAPP  LUN 80G1f$5z/FHB')}`,
    `01030010${wwid.slice(1)}`,
    '5194000400000001',
    '519500040000000a',
    `53980018${text('iqn.1992-08.com.netapp:x')}`,
  ].join('');
  return `0083${hex(designators.length / 2, 4)}${designators}`;
}

/** The path `path` of LUN `lun`, of `luns`. */
export function pathFacts(lun: number, path: number, luns: number): BlockFacts {
  const at = path * luns + lun;
  const name = diskName(at);
  const wwid = wwidOf(lun);
  const record = udevRecord(wwid);
  return {
    name,
    devt: devtOf(at),
    diskseq: at + 1,
    devpath: `/devices/pci0000:00/0000:00:1d.0/0000:02:00.0/host${path}/rport-${path}:0-1/target${path}:0:0/${path}:0:0:${lun}/block/${name}`,
    sizeSectors: 2_097_152,
    readOnly: false,
    hidden: false,
    bus: 'scsi',
    vendor: 'NETAPP  ',
    model: 'LUN C-Mode      ',
    revision: '9111',
    hcil: `${path}:0:0:${lun}`,
    state: 'running',
    tpgs: 'implicit',
    accessState: path % 2 === 0 ? 'active/optimized' : 'active/non-optimized',
    preferredPath: false,
    deviceHandler: 'alua',
    vpd83: deviceIdentification(wwid),
    vpd80: '0080000c383047316624357a2f464842',
    sysfsWwid: null,
    timeoutSeconds: 30,
    maxSectorsKb: 512,
    transport: {
      protocol: 'scsi:fcp',
      hostWwnn: '0x200000109b2c1a01',
      hostWwpn: '0x100000109b2c1a01',
      targetWwnn: '0x200000a0983e1f01',
      targetWwpn: '0x210000a0983e1f01',
      hostAdapter: '0000:02:00.0',
    },
    holders: [`dm-${lun}`],
    udev: usedValues(record, new Set()),
    udevNames: namesOfRecord(record),
  };
}

/** `failed`: the paths that the kernel has failed. */
export function mapFacts(
  lun: number,
  paths: readonly number[],
  luns: number,
  eventNr = 1,
  failed: readonly number[] = [],
): MapFacts {
  const devt = (path: number): string => devtOf(path * luns + lun);
  const [even, odd] = [
    paths.filter((path) => path % 2 === 0).map(devt),
    paths.filter((path) => path % 2 === 1).map(devt),
  ];
  const dead = new Set(failed.map(devt));
  const groups = [even, odd].filter((group) => group.length > 0);
  const table = (group: readonly string[]): string =>
    `service-time 0 ${group.length} 1 ${group.map((devt) => `${devt} 1 `).join('')}`;
  const status = (group: readonly string[], letter: string): string =>
    `${letter} 0 ${group.length} 2 ${group.map((devt) => `${devt} ${dead.has(devt) ? 'F' : 'A'} 0 0 1 `).join('')}`;
  return {
    uuid: `mpath-${wwidOf(lun)}`,
    name: `mpath${diskName(lun).slice(2)}`,
    devt: `253:${lun}`,
    diskseq: 1_000_000 + lun,
    eventNr,
    openCount: 1,
    suspended: false,
    readOnly: false,
    hasLiveTable: true,
    hasInactiveTable: false,
    targets: [
      {
        startSector: 0,
        lengthSectors: 2_097_152,
        type: 'multipath',
        table: `0 1 alua ${groups.length} 1 ${groups.map(table).join('')}`,
        status: `2 0 1 0 ${groups.length} 1 ${groups.map((group, at) => status(group, at === 0 ? 'A' : 'E')).join('')}`,
      },
    ],
  };
}

export const batch = (more: Partial<UeventBatch>): InputBody => ({
  type: 'uevents',
  source: 'kernel',
  batch: { events: [], losses: [], refused: 0, drained: [], ...more },
});

/** The uevent of a fence that comes back. */
export function fenceEvent(uuid: string): InputBody {
  return batch({
    events: [
      {
        source: 'kernel',
        action: 'change',
        devpath: '/module/dm_mod',
        subsystem: 'module',
        devtype: null,
        name: 'dm_mod',
        devt: null,
        diskseq: null,
        seqnum: 1,
        synthUuid: uuid,
        env: { SYNTH_UUID: uuid },
      },
    ],
  });
}

export function createLargeSan(luns: number, pathsPerLun: number): LargeSan {
  const paths = Array.from({ length: luns * pathsPerLun }, (_, at) =>
    pathFacts(at % luns, Math.floor(at / luns), luns),
  );
  const all = Array.from({ length: pathsPerLun }, (_, path) => path);
  const maps = Array.from({ length: luns }, (_, lun) => mapFacts(lun, all, luns));
  const dm: DmListEntry[] = maps.map(({ name, uuid, devt, eventNr }) => ({ name, uuid, devt, eventNr }));
  const snapshot: KernelSnapshot = {
    dm: { ok: true, value: dm },
    maps: maps.map((value) => ({ uuid: value.uuid, reading: { ok: true, value } })),
    blocks: { ok: true, value: paths.map((value) => ({ name: value.name, reading: { ok: true, value } })) },
  };
  const engine = createEngine();
  let at = 0;
  const step = (body: InputBody): Effect[] => engine.step({ ...body, at: ++at });
  const answers = (effect: Effect): InputBody[] => {
    switch (effect.type) {
      case 'drain':
        return [batch({ drained: [{ token: effect.token, drops: 0 }] })];
      case 'fence':
        return [fenceEvent(effect.uuid)];
      case 'snapshot':
        return [{ ...effect, snapshot }];
      case 'check':
        return [{ type: 'check-done', path: effect.path, outcome: UP }];
      default:
        return [];
    }
  };
  const todo: InputBody[] = [startInput(maps.map((map) => ({ alias: map.name, wwid: map.uuid.slice(6) })))];
  for (let body = todo.shift(); body !== undefined; body = todo.shift()) todo.push(...step(body).flatMap(answers));
  return { engine, snapshot, paths, maps, step };
}

export const UP = {
  state: 'up',
  message: 'tur checker reports path is up',
  sysfsState: 'running',
  accessState: null,
  preferredPath: false,
  sizeSectors: 2_097_152,
  identity: { kind: 'same' },
} as const;
