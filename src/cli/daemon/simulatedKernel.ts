/** What the daemon runs on with --simulate: a scenario's SAN, with the events on the screen. */
import { readFileSync } from 'node:fs';
import { createBindingsStore, memoryFile } from '../../daemon/bindingsStore';
import { fixedConfiguration } from '../../daemon/configurationSource';
import type { DaemonLog } from '../../daemon/logger';
import { memoryWwids } from '../../daemon/wwidsStore';
import { MpathdError } from '../../model/failure';
import { defaultScenario } from '../../simulator/defaultScenario';
import { readScenario } from '../../simulator/readScenario';
import type { Scenario } from '../../simulator/scenario';
import { createRealScheduler } from '../../simulator/scheduler';
import { simulate } from '../../simulator/simulate';
import type { Base } from './base';
import { simulatedConfiguration } from './simulatedConfiguration';

/** `file` empty: the built-in scenario. Throws an MpathdError for a file that cannot be used. */
export function simulatedBase(file: string, log: DaemonLog): Base {
  const scenario = file === '' ? defaultScenario() : loadScenario(file);
  const scheduler = createRealScheduler();
  log.log('notice', `simulated SAN: ${scenario.description}`, null);
  const { simulator, player } = simulate(scenario, scheduler, (line) => log.log('notice', `scenario: ${line}`, null));
  return {
    kernel: simulator.ports,
    bindings: createBindingsStore(memoryFile()),
    configuration: fixedConfiguration(simulatedConfiguration()),
    wwids: memoryWwids(),
    failedWwids: null,
    udevPresent: scenario.udev,
    nativeNvme: false,
    hints: null,
    settle: () => undefined,
    dispose: () => {
      player.stop();
      simulator.stop();
      scheduler.stop();
    },
  };
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
