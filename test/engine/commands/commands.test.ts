import { AUDIT_COMMANDS } from '../../../src/engine/commands/audit';
import { COMMANDS, CONDITIONS } from '../../../src/engine/commands/commands';
import { MAP_COMMANDS, MAP_CONDITIONS } from '../../../src/engine/commands/maps';
import { PATH_COMMANDS, PATH_CONDITIONS } from '../../../src/engine/commands/paths';
import { QUEUEING_COMMANDS, QUEUEING_CONDITIONS } from '../../../src/engine/commands/queueing';
import { RECONFIGURE_COMMANDS } from '../../../src/engine/commands/reconfigure';
import { RESYNC_COMMANDS, RESYNC_CONDITIONS } from '../../../src/engine/commands/resync';

/** If a later file hides a handler of an earlier one, the compiler does not see it. */
test.each<[string, object, object[]]>([
  [
    'command',
    COMMANDS,
    [PATH_COMMANDS, MAP_COMMANDS, QUEUEING_COMMANDS, RESYNC_COMMANDS, RECONFIGURE_COMMANDS, AUDIT_COMMANDS],
  ],
  ['condition', CONDITIONS, [PATH_CONDITIONS, MAP_CONDITIONS, QUEUEING_CONDITIONS, RESYNC_CONDITIONS]],
])('each kind of %s is in one file', (_, all, files) => {
  expect(files.flatMap((file) => Object.keys(file)).sort()).toEqual(Object.keys(all).sort());
});
