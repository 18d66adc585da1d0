/* vpd_vendor: %g shows the name from the array's own page. mpathd decides nothing by it. */
import { parseFormat, renderRaw } from '../../../src/ipc/format';
import { MAP_WILDCARDS } from '../../../src/ipc/mapWildcards';
import { PATH_WILDCARDS } from '../../../src/ipc/pathWildcards';
import { listedPaths, mapRows } from '../../../src/ipc/rows';
import type { SettingValues } from '../../../src/config/settings';
import type { KernelPorts } from '../../../src/kernel/ports';
import { blockOf, changingFiles, configurationOf } from '../../configuration';
import { addSan, createRig, wwidOf, type Rig } from '../../simulation/rig';

const page = (name: string, revision = 4): string =>
  Buffer.concat([
    Buffer.of(0, 0xc0, 0, 40 + name.length, revision),
    Buffer.alloc(35),
    Buffer.of(0, 0, 0, name.length),
    Buffer.from(name),
  ]).toString('hex');

const configured = (more: Partial<SettingValues>): ReturnType<typeof configurationOf> =>
  configurationOf({}, { devices: [blockOf({ vendor: 'SIM', product: 'LUN', ...more })] });
const WITH_PAGE = configured({ vpd_vendor: 'hp3par' });
const WITHOUT = configured({});

interface Scene extends Rig {
  /** Disks that were asked for the page. */
  asked: string[];
  files: ReturnType<typeof changingFiles>;
}

/** INQUIRY for the array's own page, 0xc0. */
const PAGE_C0 = '1201c0';

/** Starts a daemon with one LUN through two ports; sda has the page. */
async function start(sda: string | null, configuration = WITH_PAGE): Promise<Scene> {
  const asked: string[] = [];
  const files = changingFiles(configuration);
  const rig = createRig({
    configuration: files.source,
    ports: (ports: KernelPorts) => ({
      ...ports,
      blocks: {
        ...ports.blocks,
        scsi: (question) => {
          if (question.command.startsWith(PAGE_C0)) asked.push(question.name);
          return ports.blocks.scsi(question);
        },
      },
    }),
  });
  addSan(rig, 1, 2);
  setPage(rig, sda);
  await rig.runtime.start();
  await rig.run(60_000);
  return Object.assign(rig, { asked, files });
}

function setPage(rig: Rig, hex: string | null): void {
  const disk = rig.simulator.world.disks.get('sda');
  if (disk === undefined) throw new Error('no sda');
  disk.vpdC0 = hex;
}

const shown = ({ runtime: { tables } }: Rig): { paths: string; maps: string } => ({
  paths: renderRaw(parseFormat('%d %g', PATH_WILDCARDS), listedPaths(tables)),
  maps: renderRaw(parseFormat('%n %g', MAP_WILDCARDS), mapRows(tables)),
});
const refusals = (rig: Rig): string[] =>
  rig.logs
    .filter(({ message }) => message.includes('0xc0'))
    .map(({ level, device, message }) => `${level} ${device}: ${message}`);

const reconfigure = async (rig: Scene, configuration: typeof WITHOUT): Promise<void> => {
  rig.files.set(configuration);
  void rig.runtime.submit({ kind: 'reconfigure' });
  await rig.run(60_000);
};

test('each path shows the name in its page, a map shows the name of the first path that has one; each disk was asked once', async () => {
  const rig = await start(page('vv_db1'));
  expect(shown(rig)).toEqual({ paths: 'sda vv_db1\nsdb [undef]\n', maps: 'mpatha vv_db1\n' });
  expect(rig.asked.sort()).toEqual(['sda', 'sdb']);
});

test('a disk without the page is multipathed like any other; the log says why it has no name', async () => {
  const rig = await start(null);
  expect(rig.view()).toEqual(rig.truth());
  expect(rig.truth().maps[`mpath-${wwidOf(1)}`]?.paths).toHaveLength(2);
  expect(refusals(rig)).toEqual(
    ['sda', 'sdb'].map(
      (name) =>
        `info ${name}: vpd_vendor is hp3par, but page 0xc0 gives no name (INQUIRY ${name}: MALFORMED (sense 5/24/00)): %g stays [undef]`,
    ),
  );
});

test('for a page of revision 3 the log says that it gives no name', async () => {
  const rig = await start(page('vv_db1', 3));
  expect(shown(rig).paths).toBe('sda [undef]\nsdb [undef]\n');
  expect(refusals(rig)[0]).toContain('(it is of revision 3)');
});

test('without vpd_vendor no disk is asked, and a name is forgotten when vpd_vendor is not set any more', async () => {
  const rig = await start(page('vv_db1'), WITHOUT);
  expect(rig.asked).toEqual([]);
  await reconfigure(rig, WITH_PAGE);
  expect(shown(rig).maps).toBe('mpatha vv_db1\n');
  await reconfigure(rig, WITHOUT);
  expect(shown(rig).maps).toBe('mpatha [undef]\n');
});

test('the page is read again when another LUN may be behind the path', async () => {
  const rig = await start(page('vv_db1'));
  setPage(rig, page('vv_db2'));
  await rig.run(60_000);
  expect(shown(rig).maps).toBe('mpatha vv_db1\n');
  rig.simulator.admin.swapLun('sda', { wwid: wwidOf(1), sizeSectors: 16384, attention: 'INQUIRY_DATA_HAS_CHANGED' });
  await rig.run(60_000);
  expect(shown(rig).maps).toBe('mpatha vv_db2\n');
});
