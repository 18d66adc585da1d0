/**
 * udev's rules judge a disk before its LUN has a map. When mpathd has made this map, or the kernel has refused it, the
 * rules must judge again. So mpathd sends a `change` of each disk whose record does not fit the outcome.
 */
import { type FileDeadlines, NO_DEADLINES } from '../kernel/fileDeadlines';
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

/** How long the files may take, ms: at a boot a busy udevd and hundreds of notices share the machine. */
const NOTICE_MS = 60_000;

/** No map waits for this work. */
export function createUdevNotices(
  markers: FailedWwids,
  udev: UdevWord,
  deadlines: FileDeadlines = NO_DEADLINES,
): CreationNotice {
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

  // The attempts on a LUN are handled one after the other: its marker must show the last outcome.
  const last = new Map<Wwid, Promise<unknown>>();
  return async (creation) => {
    const { wwid } = creation;
    const work = { operation: 'udev', file: () => wwid, ms: NOTICE_MS };
    const noted = await deadlines.within<string[]>(`udev ${wwid}`, work, () => {
      const mine = (last.get(wwid) ?? Promise.resolve()).then(() => note(creation));
      const ended = mine
        .catch(() => undefined)
        .then(() => {
          if (last.get(wwid) === ended) last.delete(wwid);
        });
      last.set(wwid, ended);
      return mine.then((notes) => ({ ok: true, value: notes }));
    });
    return noted.ok
      ? noted.value
      : [`${describeFailure(noted.failure)}: udev's rules may go on with what they knew of ${wwid} before`];
  };
}
