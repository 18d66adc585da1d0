/**
 * udev's rules judge a disk before its LUN has a map. When mpathd has made this map, or the kernel has refused it, the
 * rules must judge again. So mpathd sends a `change` of each disk whose record does not fit the outcome.
 */
import type { UdevWord } from '../kernel/udevWord';
import { describeFailure, type Reading } from '../model/failure';
import type { DevT, Wwid } from '../model/identity';
import { noteCreation, type FailedWwids } from './failedWwids';

/** An attempt to make a map. */
export interface Creation {
  wwid: Wwid;
  /** The paths in the map's table. */
  paths: readonly DevT[];
  outcome: Reading<unknown>;
}

/** Returns lines for the log. */
export type CreationNotice = (creation: Creation) => Promise<string[]>;

/** No map waits for this work. */
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
    if (!change.ok)
      return [
        `${describeFailure(change.failure)}: the marker of ${wwid} could not be set or removed; udev's rules use its old state`,
      ];
    // Without a new marker the rules would give the same answer again.
    const notes = outcome.ok || change.value === 'marked' ? await askAgain(paths, outcome.ok) : [];
    if (change.value === 'marked') notes.unshift(`${wwid} is marked as failed: udev's rules leave its disks to others`);
    if (change.value === 'unmarked') notes.unshift(`${wwid} is not marked as failed any more`);
    return notes;
  };

  // The attempts are handled one after the other: if a LUN is tried twice, its marker must show the last outcome.
  let last: Promise<unknown> = Promise.resolve();
  return (creation) => {
    const noted = last.then(() => note(creation));
    last = noted.catch(() => undefined);
    return noted;
  };
}
