/** Values that only root may see stay hidden from others, in every command that is open to all. */
import { emptyConfiguration } from '../../src/config/configuration';
import { COMMANDS } from '../../src/ipc/commands';
import { createSession } from '../../src/ipc/session';
import { blockOf, configurationOf, filesOf } from '../configuration';
import { makeTables } from '../fixtures';
import { createRig, wwidOf, type Rig } from '../simulation/rig';
import { fakeDaemon } from './fixtures';

const SECRET = 'hbtl hunter2';
const IN_SECTIONS = {
  overrides: blockOf({ prio: 'weightedpath', prio_args: `${SECRET} 1` }),
  devices: [blockOf({ vendor: 'SIM', product: 'LUN', prio: 'weightedpath', prio_args: `${SECRET} 2` })],
  multipaths: [blockOf({ wwid: wwidOf(1), prio: 'weightedpath', prio_args: `${SECRET} 3`, reservation_key: 'set' })],
  protocols: [blockOf({ type: 'scsi:fcp', prio_args: `${SECRET} 4` })],
};

async function start(): Promise<{ rig: Rig; ask(text: string, isRoot: boolean): Promise<string> }> {
  const rig = createRig(filesOf(configurationOf({ prio_args: `${SECRET} 0`, detect_prio: false }, IN_SECTIONS)));
  for (const lun of [1, 2])
    for (const host of [0, 1]) rig.simulator.admin.addDisk({ wwid: wwidOf(lun), hcil: `${host}:0:0:${lun}` });
  await rig.runtime.start();
  await rig.run(3_000);
  const { runtime } = rig;
  const session = createSession({
    tables: () => runtime.tables,
    configuration: runtime.configuration,
    rules: runtime.rules,
    settings: runtime.settings,
    submit: () => Promise.resolve({ outcome: 'ok' }),
    control: {
      ...fakeDaemon(makeTables([], [])).dependencies.control,
      now: () => runtime.tables.now,
      explain: (device) => {
        const explained = runtime.explain(device);
        const events = rig.logs.map(({ level, message, device: about }) => ({
          at: 0,
          level,
          message,
          device: about ?? '',
        }));
        return explained === null ? null : { ...explained, events };
      },
    },
  });
  return { rig, ask: session.handle };
}

const OF_OURS = ['sda', 'sdb', 'mpatha', 'mpathb', wwidOf(1), wwidOf(2)].flatMap((device) =>
  ['config json', 'explain json', 'topology json'].map((words) => `mpathd ${words} ${device}`),
);
const SHOWS = [
  ...COMMANDS.filter((command) => command.startsWith('list')).map((command) =>
    command.replace(/\b(map|path|format)$/, '$1 mpatha').replace(/\bmap (?=\w+)/, 'map mpatha '),
  ),
  'mpathd status json',
  'mpathd paths json',
  'mpathd maps json',
  'mpathd config json',
  ...OF_OURS,
];

test('no command that is open to all shows prio_args of a file to another user than root', async () => {
  const { rig, ask } = await start();
  for (const command of SHOWS) expect(`${command}: ${await ask(command, false)}`).not.toContain('hunter2');
  for (const { message } of rig.logs) expect(message).not.toContain('hunter2');
});

test.each(['show config', 'mpathd config json', 'mpathd config json sda', 'mpathd explain json sda'])(
  'to root %s shows them, and to others that there is something',
  async (command) => {
    const { ask } = await start();
    expect(await ask(command, true)).toContain('hunter2');
    expect(await ask(command, false)).toMatch(/# prio_args is set|<only root sees this>/);
  },
);

test('what the hardware table says is shown to all, and all else is the same for all', async () => {
  const { ask } = await start();
  expect(await ask('show config', false)).toContain('prio_args "exclusive_pref_bit"');
  const shown = (await ask('mpathd config json', false)).replaceAll(/"<only root sees this>"/g, '"x"');
  expect(shown).toBe((await ask('mpathd config json', true)).replaceAll(/"hbtl hunter2 \d"/g, '"x"'));
});

test('of an empty configuration nothing is hidden', async () => {
  const { dependencies } = fakeDaemon(makeTables([], []), {}, emptyConfiguration());
  const session = createSession(dependencies);
  for (const command of ['show config', 'mpathd config json'])
    expect(await session.handle(command, false)).toBe(await session.handle(command, true));
});
