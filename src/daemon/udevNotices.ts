/**
 * udev's rules decide on each disk before anybody knows what becomes of it. Once a map of its LUN is there, or the
 * kernel has refused one, they are asked again, by a `change` of each disk of which they have said otherwise.
 */
import type { UdevWord } from '../kernel/udevWord';
import { describeFailure, type Reading } from '../model/failure';
import type { DevT, Wwid } from '../model/identity';
import { noteCreation, type FailedWwids } from './failedWwids';

/** A map that was to be made. */
export interface Creation {
  wwid: Wwid;
  /** The paths in its table. */
  paths: readonly DevT[];
  outcome: Reading<unknown>;
}

/** Gives lines for the log. */
export type CreationNotice = (creation: Creation) => Promise<string[]>;

/** No map waits for what is done here. */
export function createUdevNotices(markers: FailedWwids, udev: UdevWord): CreationNotice {
  async function askAgain(paths: readonly DevT[], memberNow: boolean): Promise<string[]> {
    const notes: string[] = [];
    for (const devt of paths) {
      if ((await udev.isMember(devt)) === memberNow) continue;
      const asked = await udev.askAgain(devt);
      if (!asked.ok) notes.push(`${describeFailure(asked.failure)}: udev's rules are not asked again about ${devt}`);
    }
    return notes;
  }

  const note = async ({ wwid, paths, outcome }: Creation): Promise<string[]> => {
    const change = await noteCreation(markers, wwid, outcome);
    if (!change.ok) return [`${describeFailure(change.failure)}: udev's rules go by what was known of ${wwid} before`];
    // Without a new marker the rules would say what they have said.
    const notes = outcome.ok || change.value === 'marked' ? await askAgain(paths, outcome.ok) : [];
    if (change.value === 'marked') notes.unshift(`${wwid} is marked as failed: udev's rules leave its disks to others`);
    if (change.value === 'unmarked') notes.unshift(`${wwid} is not marked as failed any more`);
    return notes;
  };

  // One after the other: of a LUN that is tried twice the marker must say what came last.
  let last: Promise<unknown> = Promise.resolve();
  return (creation) => {
    const noted = last.then(() => note(creation));
    last = noted.catch(() => undefined);
    return noted;
  };
}
