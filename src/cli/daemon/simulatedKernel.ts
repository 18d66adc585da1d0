/** The parts below the daemon with --simulate: the SAN of a scenario, with its events on the screen. */
import { readFileSync } from 'node:fs';
import type { Configuration } from '../../config/configuration';
import { messageLine } from '../../config/parse/findings';
import { parseConfiguration } from '../../config/parse/parse';
import { createBindingsStore, memoryFile } from '../../daemon/bindingsStore';
import { createConfigurationFiles } from '../../daemon/configurationFiles';
import { fixedConfiguration, type ConfigurationSource } from '../../daemon/configurationSource';
import type { DaemonLog } from '../../daemon/logger';
import { memoryWwids } from '../../daemon/wwidsStore';
import type { FileAccess } from '../../kernel/fileAccess';
import { MpathdError } from '../../model/failure';
import { defaultScenario } from '../../simulator/defaultScenario';
import { readScenario } from '../../simulator/readScenario';
import type { Scenario } from '../../simulator/scenario';
import { createRealScheduler } from '../../simulator/scheduler';
import { simulate } from '../../simulator/simulate';
import type { Base } from './base';
import type { DaemonArguments } from './options';

/** The name of the configuration in messages. */
const CONFIG_FILE = "the scenario's config";

/** Two paths make a map, and maps have friendly names. So the simulation shows maps without any set-up. */
const USUAL_CONFIG = 'defaults {\n\tfind_multipaths on\n\tuser_friendly_names yes\n}\n';

/** `file` empty: the built-in scenario. Throws an MpathdError for a file that cannot be used. */
export function simulatedBase(
  file: string,
  args: Pick<DaemonArguments, 'config' | 'configDirectory'>,
  log: DaemonLog,
  access: FileAccess,
): Base {
  const scenario = file === '' ? defaultScenario() : loadScenario(file);
  const scheduler = createRealScheduler();
  log.log('notice', `simulated SAN: ${scenario.description}`, null);
  const { simulator, player } = simulate(scenario, scheduler, (line) => log.log('notice', `scenario: ${line}`, null));
  return {
    kernel: simulator.ports,
    bindings: createBindingsStore(memoryFile()),
    configuration: sourceOf(scenario, args, log, access),
    wwids: memoryWwids(),
    onCreation: null,
    udevPresent: scenario.udev,
    nativeNvme: false,
    hints: null,
    interrupted: [],
    protect: () => undefined,
    dispose: () => {
      player.stop();
      simulator.stop();
      scheduler.stop();
    },
  };
}

/** The configuration from files that the user named, or from the scenario. The files of this machine are never used. */
function sourceOf(
  { config }: Scenario,
  args: Pick<DaemonArguments, 'config' | 'configDirectory'>,
  log: DaemonLog,
  access: FileAccess,
): ConfigurationSource {
  if (args.config === null) return fixedConfiguration(configurationOf(config ?? USUAL_CONFIG, log));
  return createConfigurationFiles({ main: args.config, folder: args.configDirectory, mainMayBeAbsent: false }, access);
}

function configurationOf(text: string, log: DaemonLog): Configuration {
  const { configuration, findings, usable } = parseConfiguration([{ file: CONFIG_FILE, text, main: true }]);
  for (const finding of findings) log.log(finding.severity, messageLine(finding), null);
  if (usable) return configuration;
  throw new MpathdError(
    {
      code: 'MALFORMED',
      operation: 'read',
      device: CONFIG_FILE,
      errno: null,
      detail: 'the configuration cannot be used',
    },
    'the lines above say why',
  );
}

function loadScenario(file: string): Scenario {
  try {
    return readScenario(readFileSync(file, 'utf8'), file);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new MpathdError(
      { code: 'MALFORMED', operation: 'scenario', device: file, errno: null, detail },
      'docs/simulate.md describes the format',
    );
  }
}
