/** `mpathd --simulate [FILE]`: a scenario's machine in place of the real one. */
import { createSimulator, type Simulator } from './index';
import { playScenario, type PlayLog, type Player } from './player';
import type { Scenario } from './scenario';
import type { Scheduler } from './scheduler';

export interface Simulation {
  simulator: Simulator;
  player: Player;
}

/** The SAN stands when this returns; the scenario's time begins now. */
export function simulate(scenario: Scenario, scheduler: Scheduler, log: PlayLog): Simulation {
  const simulator = createSimulator({
    scheduler,
    seed: scenario.seed,
    listener: { bufferBytes: scenario.bufferKiB * 1024 },
    udev: scenario.udev ? {} : null,
  });
  return { simulator, player: playScenario(simulator, scenario, log) };
}
