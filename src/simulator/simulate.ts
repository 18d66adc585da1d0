/** `mpathd --simulate [FILE]`: the machine of a scenario in place of the real machine. */
import { createSimulator, type Simulator } from './index';
import { playScenario, type PlayLog, type Player } from './player';
import type { Scenario } from './scenario';
import type { Scheduler } from './scheduler';

export interface Simulation {
  simulator: Simulator;
  player: Player;
}

/** The SAN exists when this returns. The scenario's time begins now. */
export function simulate(scenario: Scenario, scheduler: Scheduler, log: PlayLog): Simulation {
  const simulator = createSimulator({
    scheduler,
    seed: scenario.seed,
    listener: { bufferBytes: scenario.bufferKiB * 1024 },
    udev: scenario.udev ? {} : null,
  });
  return { simulator, player: playScenario(simulator, scenario, log) };
}
