/** Plays a history to its quiet end and tells which promises were broken. */
import { act, looking } from './act';
import { configurationOf } from '../../configuration';
import type { Action, History } from './history';
import { QUIET_PROMISES } from './promises';
import { createStage, type Listeners, type Stage } from './stage';

/** The longest that it may take until everything is right, once everything works again, virtual ms. */
const PATIENCE_MS = 60_000;
const PACE_MS = 1_000;
/** It must stay right for so long: a check that hung may still bring an answer of before. */
const CALM_MS = 3_000;

/** What was broken, with the virtual time; empty: nothing. */
export async function play(history: History, listeners: Listeners = {}): Promise<readonly string[]> {
  const { tell } = listeners;
  const stage = await createStage(history.machine, history.seed, listeners);
  for (const step of history.steps) {
    tell?.(`${stage.rig.scheduler.now()} ms: ${JSON.stringify(step)}`);
    if (step.unheard === true) await unheard(stage, step.action);
    else await act(stage, step.action);
    stage.watch.look();
    await stage.rig.run(step.wait);
    if (stage.watch.breaches.length > 0) break;
  }
  if (stage.watch.breaches.length === 0) await comeToRest(stage);
  stage.stop();
  stage.rig.simulator.stop();
  return stage.watch.breaches;
}

/** Longer than any uevent (include/linux/kobject.h, UEVENT_BUFFER_SIZE and the header). */
const WHOLE_MESSAGES = 8_192;

/** A buffer that is not full with so many others' events is of a size at which nothing is lost. */
const FLOOD = 30;

/** The action's events are dropped: the socket is congested, and nobody reads it in between. */
async function unheard(stage: Stage, action: Action): Promise<void> {
  const { admin, kernelListener } = stage.rig.simulator;
  const away = kernelListener.paused();
  kernelListener.pause();
  admin.foreignEvents(FLOOD);
  await act(stage, action);
  // An action may have brought the reader back, or sent it away.
  if (!away && action.do !== 'listener') kernelListener.resume();
}

async function comeToRest(stage: Stage): Promise<void> {
  await mend(stage);
  await stage.start();
  await configureBack(stage);
  await askBack(stage);
  let wrong = brokenPromise(stage);
  let calm = 0;
  for (let waited = 0; calm < CALM_MS && waited < PATIENCE_MS; waited += PACE_MS) {
    await stage.rig.run(PACE_MS);
    wrong = brokenPromise(stage);
    calm = wrong === null ? calm + PACE_MS : 0;
  }
  if (calm < CALM_MS) stage.watch.breach(wrong ?? 'it does not stay right');
}

/** Everything that was broken is whole again. */
async function mend(stage: Stage): Promise<void> {
  const { admin, faults, udev, kernelListener, world } = stage.rig.simulator;
  faults.clear();
  faults.release();
  faults.loseUevents = 0;
  faults.reorderUevents = 0;
  udev?.setLoss(0);
  udev?.setDelay(20);
  udev?.continue();
  udev?.start();
  kernelListener.resume();
  kernelListener.setMessageBytes(WHOLE_MESSAGES);
  for (const { name, readOnly } of world.disks.values()) {
    looking(stage, name, () => admin.change(name, { answer: 'up', state: 'running', accessState: 'active/optimized' }));
    admin.claim(name, false);
    if (readOnly) admin.setReadOnly(name, false);
  }
  for (const [map, { suspended }] of [...world.dmByName.values()].entries())
    if (suspended) await act(stage, { do: 'resume-map', map });
}

/** As it was at first: each LUN with two paths has a map. What was not configured must come right without. */
async function configureBack(stage: Stage): Promise<void> {
  if (!stage.configured) return;
  stage.files.set(configurationOf(stage.machine.settings ?? {}));
  stage.submit({ kind: 'reconfigure' });
  for (let waited = 0; stage.unanswered > 0 && waited < PATIENCE_MS; waited += PACE_MS) await stage.rig.run(PACE_MS);
}

/** What was taken away on purpose is asked for again. */
async function askBack(stage: Stage): Promise<void> {
  if (stage.dismissed.maps.size + stage.dismissed.paths.size === 0) return;
  // What another tool did without an event is noticed with the next look: only then can it be undone.
  stage.submit({ kind: 'resync' });
  for (let waited = 0; stage.unanswered > 0 && waited < PATIENCE_MS; waited += PACE_MS) await stage.rig.run(PACE_MS);
  const { world } = stage.rig.simulator;
  for (const { name } of world.disks.values()) stage.submit({ kind: 'add-path', path: name });
  await stage.rig.run(1_000);
  for (const wwid of new Set([...world.disks.values()].map(({ wwid }) => wwid)))
    stage.submit({ kind: 'add-map', map: wwid });
}

function brokenPromise(stage: Stage): string | null {
  for (const [name, check] of Object.entries(QUIET_PROMISES)) {
    const detail = check(stage.rig);
    if (detail !== null) return `${name}: ${detail}`;
  }
  const missed = stage.watch.missedLoss();
  if (missed !== null) return missed;
  const missedSign = stage.watch.missedSign();
  if (missedSign !== null) return missedSign;
  return stage.unanswered > 0 ? `everyCommandIsAnswered: ${stage.unanswered} are not` : null;
}
