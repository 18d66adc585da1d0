/** Plays a history, lets the machine come to rest, and says which promises were broken. */
import { act, lie, looking } from './act';
import { MAP_OF_LIE } from './lies';
import { configurationOf } from '../../configuration';
import type { SimDm } from '../../../src/simulator/world';
import type { Action, History } from './history';
import { leftovers } from '../leftovers';
import { mapsHoldTheirOwnPaths, QUIET_PROMISES } from './promises';
import { createStage, type Listeners, type Stage } from './stage';

/** Longest virtual time, ms, until everything is right, after everything works again. */
const PATIENCE_MS = 60_000;
const PACE_MS = 1_000;
/** How long everything must stay right: a check that hung may still bring an old answer. */
const CALM_MS = 3_000;
/** How long something may still be kept of devices that are gone: commands wait for a minute. */
const LEAVING_MS = 120_000;
/**
 * After this time, ms, the checks have found every swapped LUN, and no more map gets the wrong name: the bindings file
 * was waited for, for 10 s at most.
 */
const SETTLED_MS = 12_000;

/** The broken promises, with the virtual time. */
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
  if (stage.watch.breaches.length === 0 && !isLarge(stage)) await leaveAll(stage);
  stage.stop();
  stage.rig.simulator.stop();
  return stage.watch.breaches;
}

/** Longer than any uevent (include/linux/kobject.h, UEVENT_BUFFER_SIZE and the header). */
const WHOLE_MESSAGES = 8_192;

/**
 * The number of foreign events that fill the socket. A buffer that they do not fill is so large that it loses nothing.
 */
const FLOOD = 30;

/** Drops the events of an action: the socket is full, and nobody reads it meanwhile. */
async function unheard(stage: Stage, action: Action): Promise<void> {
  const { admin, kernelListener } = stage.rig.simulator;
  const away = kernelListener.paused();
  kernelListener.pause();
  admin.foreignEvents(FLOOD);
  await act(stage, action);
  // The action itself may have brought the reader back, or sent it away.
  if (!away && action.do !== 'listener') kernelListener.resume();
}

async function comeToRest(stage: Stage): Promise<void> {
  await mend(stage);
  // What a wrong WWID has done is put right by a reconfigure, which needs the files.
  if (stage.slowFiles.areSlow && stage.running() && !stage.lied) await goOnWithoutFiles(stage);
  stage.slowFiles.release();
  await stage.start();
  for (let waited = 0; !stage.running() && waited < PATIENCE_MS; waited += PACE_MS) await stage.rig.run(PACE_MS);
  await tellTruth(stage);
  await configureBack(stage);
  await askBack(stage);
  let wrong = brokenPromise(stage);
  let calm = 0;
  for (let waited = 0; calm < CALM_MS && waited < PATIENCE_MS; waited += PACE_MS) {
    await stage.rig.run(PACE_MS);
    // A write that hung for long may have made it only now.
    if (stage.lied && (await removeMapOfLie(stage))) await configureBack(stage);
    wrong = brokenPromise(stage);
    calm = wrong === null ? calm + PACE_MS : 0;
  }
  if (calm < CALM_MS) stage.watch.breach(wrong ?? 'it does not stay right');
}

/** While files hang, the maps follow their disks all the same. Only names and new maps wait. */
async function goOnWithoutFiles(stage: Stage): Promise<void> {
  let wrong: string | null = null;
  for (let waited = 0; waited < PATIENCE_MS; waited += PACE_MS) {
    await stage.rig.run(PACE_MS);
    wrong = mapsHoldTheirOwnPaths(stage.rig);
    if (wrong === null) return;
  }
  stage.watch.breach(`filesHoldUpNothingElse: ${wrong}`);
}

/** True if a killed daemon left the map suspended, so that the next one resumes it. */
function isForTheDaemon(stage: Stage, dm: SimDm): boolean {
  return stage.running() ? stage.leftSuspended.has(dm) : stage.rig.interrupted().includes(dm.uuid);
}

/** Makes everything whole again that was broken. */
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
  // The daemon resumes the maps that its predecessor left suspended, and somebody else resumes all others.
  for (const [map, dm] of [...world.dmByName.values()].entries())
    if (dm.suspended && !isForTheDaemon(stage, dm)) await act(stage, { do: 'resume-map', map });
}

/**
 * Has udev's rules right again, and takes the map with the wrong name away. A path keeps the WWID by which it was
 * identified until the next reconfigure.
 */
async function tellTruth(stage: Stage): Promise<void> {
  if (!stage.lied) return;
  lie(stage, false);
  // The bindings file answers between two runs.
  for (let waited = 0; waited < SETTLED_MS; waited += PACE_MS) await stage.rig.run(PACE_MS);
  await removeMapOfLie(stage);
  await stage.rig.run(PACE_MS);
  stage.configured = true;
}

/** True if there was one. */
async function removeMapOfLie(stage: Stage): Promise<boolean> {
  const { admin, world } = stage.rig.simulator;
  const dm = world.dmByUuid.get(MAP_OF_LIE);
  if (dm === undefined) return false;
  for (let open = dm.openCount; open > 0; open--) admin.closeMap(dm.name);
  await act(stage, { do: 'remove-map', map: [...world.dmByName.values()].indexOf(dm) });
  return true;
}

/**
 * Restores the first configuration, in which each LUN with two paths has a map. A machine that was not reconfigured
 * must come right without this.
 */
async function configureBack(stage: Stage): Promise<void> {
  if (!stage.configured) return;
  stage.files.set(configurationOf(stage.machine.settings ?? {}));
  stage.submit({ kind: 'reconfigure' });
  for (let waited = 0; stage.unanswered > 0 && waited < PATIENCE_MS; waited += PACE_MS) await stage.rig.run(PACE_MS);
}

/** Asks again for what was removed on purpose. */
async function askBack(stage: Stage): Promise<void> {
  if (stage.dismissed.maps.size + stage.dismissed.paths.size === 0) return;
  // A change by another tool without an event is noticed only with the next resync. It can be undone only then.
  stage.submit({ kind: 'resync' });
  for (let waited = 0; stage.unanswered > 0 && waited < PATIENCE_MS; waited += PACE_MS) await stage.rig.run(PACE_MS);
  const { world } = stage.rig.simulator;
  for (const { name } of world.disks.values()) stage.submit({ kind: 'add-path', path: name });
  await stage.rig.run(1_000);
  for (const wwid of new Set([...world.disks.values()].map(({ wwid }) => wwid)))
    stage.submit({ kind: 'add-map', map: wwid });
}

/** With more disks than this, their removal takes too long. */
const FEW = 64;

const isLarge = ({ rig }: Stage): boolean => rig.simulator.world.disks.size > FEW;

/** Removes every disk and every map. The daemon must keep nothing of them. */
async function leaveAll(stage: Stage): Promise<void> {
  const { admin, world } = stage.rig.simulator;
  for (const { name } of [...world.disks.values()]) admin.removeDisk(name, true);
  await stage.rig.run(PACE_MS);
  for (const { name, openCount } of [...world.dmByName.values()]) {
    for (let open = 0; open < openCount; open++) admin.closeMap(name);
    admin.removeMap(name);
  }
  let kept: string | null = null;
  for (let waited = 0; waited < LEAVING_MS; waited += PACE_MS * 5) {
    await stage.rig.run(PACE_MS * 5);
    kept = leftovers(stage.checkpoint());
    if (kept === null) return;
  }
  stage.watch.breach(`nothingIsKeptOfWhatIsGone: ${kept}`);
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
