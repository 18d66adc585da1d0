/** The commands that change something: handed to the engine, and logged as asked for. */
import type { AdminCommand } from '../engine/protocol';
import { devicePart } from '../model/lookup';
import type { CommandName } from './commands';
import { parameter, type Keyword } from './grammar';
import type { Handler, ShowName } from './handler';
import { adminReply } from './replies';

function change(command: (keywords: readonly Keyword[]) => AdminCommand): Handler {
  return async ({ control, submit }, keywords) => {
    const asked = command(keywords);
    control.log('notice', `asked for on the socket: ${Object.values(asked).join(' ')}`);
    return adminReply(await submit(asked));
  };
}

/** Scheduled and answered at once, as multipathd does. */
const reconfigure =
  (all: boolean): Handler =>
  ({ control, submit }) => {
    control.log('notice', `${all ? 'reconfigure all' : 'reconfigure'} asked for on the socket`);
    void submit({ kind: 'reconfigure', all }).then((result) => {
      if (result.outcome === 'fail') control.log('warning', `reconfigure failed: ${result.message}`);
    });
    return '';
  };

const shutdown: Handler = ({ control }) => {
  control.log('notice', 'shutdown asked for on the socket');
  control.shutdown();
  return '';
};

const ofPath = (kind: 'add-path' | 'del-path'): Handler =>
  change((keywords) => ({ kind, path: devicePart(parameter(keywords, 'path')) }));

const ofMap = (kind: 'add-map' | 'del-map' | 'disable-queueing' | 'restore-queueing'): Handler =>
  change((keywords) => ({ kind, map: devicePart(parameter(keywords, 'map')) }));

/** Each map on its own: one that is in use keeps none of the others, and its failure is the reply. */
const deleteMaps: Handler = async ({ tables, control, submit }) => {
  const maps = [...tables.maps.values()];
  control.log('notice', `asked for on the socket: del-map ${maps.map((map) => map.facts.name).join(' ')}`);
  // By WWID: a name may go to another map while the first ones are being removed.
  const results = await Promise.all(maps.map((map) => submit({ kind: 'del-map', map: map.wwid })));
  return adminReply(results.find((result) => result.outcome === 'fail') ?? { outcome: 'ok' });
};

/** Those that mpathd answers. All others of the language say that they are not there yet. */
export const CHANGES: Readonly<Partial<Record<Exclude<CommandName, ShowName>, Handler>>> = {
  'add path': ofPath('add-path'),
  'remove path': ofPath('del-path'),
  'add map': ofMap('add-map'),
  'remove map': ofMap('del-map'),
  'remove maps': deleteMaps,
  'disablequeueing map': ofMap('disable-queueing'),
  'restorequeueing map': ofMap('restore-queueing'),
  'disablequeueing maps': change(() => ({ kind: 'disable-queueing', map: null })),
  'restorequeueing maps': change(() => ({ kind: 'restore-queueing', map: null })),
  'forcequeueing daemon': change(() => ({ kind: 'force-daemon-queueing' })),
  'restorequeueing daemon': change(() => ({ kind: 'restore-daemon-queueing' })),
  reconfigure: reconfigure(false),
  'reconfigure all': reconfigure(true),
  quit: () => '',
  shutdown,
};
