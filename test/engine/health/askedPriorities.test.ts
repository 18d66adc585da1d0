/* A prioritizer that asks the disk itself: hp_sw. One of two controllers has the LUN, and the other one is passive. */
import type { SettingValues } from '../../../src/config/settings';
import type { KernelPorts } from '../../../src/kernel/ports';
import type { Reading } from '../../../src/model/failure';
import type { ScsiAnswer } from '../../../src/model/scsi';
import { blockOf, changingFiles, configurationOf } from '../../configuration';
import { answered, refused, unsent } from '../../policy/scsi/answers';
import { addSan, createRig, type Rig, wwidOf } from '../../simulation/rig';

const HP_SW: Partial<SettingValues> = {
  prio: 'hp_sw',
  detect_prio: false,
  path_checker: 'hp_sw',
  detect_checker: false,
  path_grouping_policy: 'group_by_prio',
  failback: 'immediate',
};
const configured = (more: Partial<SettingValues>): ReturnType<typeof configurationOf> =>
  configurationOf({}, { devices: [blockOf({ vendor: 'SIM', product: 'LUN', ...more })] });

const ACTIVE = answered();
const PASSIVE = refused(2, 0x04, 0x02);

interface Scene extends Rig {
  /** What each disk answers to TEST UNIT READY when the prioritizer asks. */
  answers: Map<string, Reading<ScsiAnswer> | 'none'>;
  /** How often each disk was asked. */
  asked: Map<string, number>;
  files: ReturnType<typeof changingFiles>;
}

/** Starts a daemon with one LUN through sda and sdb. */
async function start(sda: Reading<ScsiAnswer>, sdb: Reading<ScsiAnswer>): Promise<Scene> {
  const answers = new Map<string, Reading<ScsiAnswer> | 'none'>([
    ['sda', sda],
    ['sdb', sdb],
  ]);
  const asked = new Map<string, number>();
  const files = changingFiles(configured(HP_SW));
  const rig = createRig({
    configuration: files.source,
    ports: (ports: KernelPorts) => ({
      ...ports,
      blocks: {
        ...ports.blocks,
        scsi: async (question) => {
          const answer = await ports.blocks.scsi(question);
          if (question.command !== '000000000000') return answer;
          asked.set(question.name, (asked.get(question.name) ?? 0) + 1);
          const said = answers.get(question.name) ?? answer;
          return said === 'none' ? new Promise(() => undefined) : said;
        },
      },
    }),
  });
  addSan(rig, 1, 2);
  await rig.runtime.start();
  await rig.run(40_000);
  return Object.assign(rig, { answers, asked, files });
}

const priorities = ({ runtime: { tables } }: Rig): Array<number | undefined> =>
  ['sda', 'sdb'].map((name) => tables.pathByName(name)?.priority);

/** The groups of the map, as names of disks. */
const groups = ({ runtime: { tables } }: Rig): string[][] =>
  [...tables.maps.values()].flatMap(({ table }) =>
    (table?.groups ?? []).map(({ paths }) => paths.map(({ devt }) => tables.pathByDevt(devt)?.name ?? devt)),
  );

test('the path whose controller has the LUN is in the first group', async () => {
  const rig = await start(PASSIVE, ACTIVE);
  expect(priorities(rig)).toEqual([2, 4]);
  expect(groups(rig)).toEqual([['sdb'], ['sda']]);
  expect(rig.view()).toEqual(rig.truth());
});

test('when the LUN moves to the other controller the groups change places; the answer of one path has the other one asked', async () => {
  const rig = await start(PASSIVE, ACTIVE);
  rig.answers.set('sda', ACTIVE).set('sdb', PASSIVE);
  await rig.run(40_000);
  expect(priorities(rig)).toEqual([4, 2]);
  expect(groups(rig)).toEqual([['sda'], ['sdb']]);
});

test('a path on which the command fails has priority 0', async () => {
  const rig = await start(ACTIVE, unsent('EIO'));
  expect(priorities(rig)).toEqual([4, 0]);
});

test('a usable path that does not answer has no priority, is logged once, and gets no second command while it hangs', async () => {
  const rig = await start(ACTIVE, ACTIVE);
  expect(priorities(rig)).toEqual([4, 4]);
  rig.answers.set('sda', 'none');
  const asked = rig.asked.get('sda') ?? 0;
  await rig.run(200_000);
  expect(priorities(rig)).toEqual([-1, 4]);
  expect((rig.asked.get('sda') ?? 0) - asked).toBe(1);
  expect(rig.logs.filter(({ message }) => message.startsWith('no answer to priority hp_sw'))).toHaveLength(1);
});

test('disks are not asked any more after another prioritizer is configured', async () => {
  const rig = await start(PASSIVE, ACTIVE);
  rig.files.set(configured({ ...HP_SW, prio: 'const' }));
  void rig.runtime.submit({ kind: 'reconfigure' });
  await rig.run(5_000);
  const asked = new Map(rig.asked);
  await rig.run(60_000);
  expect(priorities(rig)).toEqual([1, 1]);
  expect(rig.asked).toEqual(asked);
  expect(groups(rig)).toEqual([['sda', 'sdb']]);
});

test('a path that is down is not asked, and keeps its priority', async () => {
  const rig = await start(PASSIVE, ACTIVE);
  rig.simulator.admin.change('sda', { answer: 'down' });
  await rig.run(30_000);
  const asked = rig.asked.get('sda');
  await rig.run(60_000);
  expect(rig.asked.get('sda')).toBe(asked);
  expect(priorities(rig)).toEqual([2, 4]);
  expect(rig.truth().maps[`mpath-${wwidOf(1)}`]?.paths).toContain('8:0 failed');
});
