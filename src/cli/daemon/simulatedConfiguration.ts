/** The configuration of a simulated machine whose scenario brings none. */
import { emptyConfiguration, type Configuration } from '../../config/configuration';

/** As it is in the log, and in `mpathctl config show`. */
const FILE = 'the simulated machine';

/** Two paths make a map, and maps have friendly names: nothing needs to be set up to see something. */
export function simulatedConfiguration(): Configuration {
  return {
    ...emptyConfiguration(),
    files: [FILE],
    defaults: {
      find_multipaths: { value: 'on', file: FILE, line: 1 },
      user_friendly_names: { value: true, file: FILE, line: 2 },
    },
  };
}
