import type { SysfsReading, SysfsRequest } from '../../native/mpathd';
import type { SysfsAddon } from '../../src/kernel/readDisks';

/** The attributes of one directory. A value that begins with `!` is an errno. */
export type FakeDirectory = Record<string, string | Buffer>;

/** sysfs in memory: directories by path, links (`/sys/block/sda`) by path. */
export interface FakeSysfs extends SysfsAddon {
  directories: Map<string, FakeDirectory>;
  links: Map<string, string>;
  /** Every directory that was read, in order. */
  reads: string[];
  /** Requests per call of sysfsRead. */
  calls: number[];
  /** Called before the request with this number (from 0) is answered, so that a test can change something meanwhile. */
  before: (request: SysfsRequest, number: number) => void;
}

function value(text: string | Buffer | undefined): Buffer | string {
  if (text === undefined) return 'ENOENT';
  if (typeof text !== 'string') return text;
  return text.startsWith('!') ? text.slice(1) : Buffer.from(text, 'latin1');
}

export function fakeSysfs(): FakeSysfs {
  const fake: FakeSysfs = {
    directories: new Map(),
    links: new Map(),
    reads: [],
    calls: [],
    before: () => undefined,
    async sysfsRead(requests) {
      fake.calls.push(requests.length);
      return requests.map((request): SysfsReading => {
        fake.before(request, fake.reads.length);
        fake.reads.push(request.directory);
        const realpath = fake.links.get(request.directory) ?? request.directory;
        const directory = fake.directories.get(realpath);
        if (directory === undefined) return { errno: 'ENOENT', realpath: '', values: [] };
        const failure = directory['.'];
        if (typeof failure === 'string') return { errno: failure, realpath: '', values: [] };
        return { errno: null, realpath, values: request.attributes.map((name) => value(directory[name])) };
      });
    },
    async listDirectory(path) {
      const names = [...fake.links.keys()].filter((p) => p.startsWith(`${path}/`)).map((p) => p.slice(path.length + 1));
      return names.length === 0 ? { errno: 'ENOENT', step: 'readdir' } : { errno: null, names };
    },
  };
  return fake;
}

/** A disk of scsi_debug, with its attributes from a VM. */
export const SCSI_DISK: FakeDirectory = {
  dev: '8:0\n',
  diskseq: '2\n',
  size: '16384\n',
  ro: '0\n',
  hidden: '0\n',
  'queue/max_sectors_kb': '512\n',
  'device/inquiry': Buffer.from([0, 0, 6, 2, 31, 0x10, 0, 2]),
  'holders/': 'dm-0\0',
  'device/vendor': 'Linux   \n',
  'device/model': 'scsi_debug      \n',
  'device/rev': '0191\n',
  'device/state': 'running\n',
  'device/access_state': 'active/optimized\n',
  'device/preferred_path': '0\n',
  'device/dh_state': 'alua\n',
  'device/vpd_pg83': Buffer.from('008300080103000833333330000007d0', 'hex'),
  'device/vpd_pg80': Buffer.from('0080000432303030', 'hex'),
  'device/timeout': '30\n',
  'device/type': '0\n',
};

export const SCSI_DEVPATH = '/devices/pseudo_0/adapter0/host0/target0:0:0/0:0:0:0/block/sda';

/** Adds a disk to the fake. `attributes` replace those of {@link SCSI_DISK}. */
export function addDisk(
  fake: FakeSysfs,
  name: string,
  attributes: FakeDirectory = {},
  devpath = SCSI_DEVPATH,
): FakeDirectory {
  const realpath = `/sys${devpath.replace(/[^/]+$/, name)}`;
  const directory = { ...SCSI_DISK, ...attributes };
  fake.links.set(`/sys/block/${name}`, realpath);
  fake.directories.set(realpath, directory);
  return directory;
}
