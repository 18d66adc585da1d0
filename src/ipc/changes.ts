/** The commands that change something. They are logged and handed to the engine. */
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

/** The command is scheduled and answered at once, as in multipathd. */
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

/** Removes each map separately. A map in use does not stop the removal of the others; its failure is the reply. */
const deleteMaps: Handler = async ({ tables, control, submit }) => {
  const maps = [...tables.maps.values()];
  control.log('notice', `asked for on the socket: del-map ${maps.map((map) => map.facts.name).join(' ')}`);
  // By UUID: during the removals a name may go to another map.
  const results = await Promise.all(maps.map((map) => submit({ kind: 'del-map', map: map.uuid })));
  return adminReply(results.find((result) => result.outcome === 'fail') ?? { outcome: 'ok' });
};

/** The commands that mpathd carries out. The reply to all others is "not supported by mpathd yet". */
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
