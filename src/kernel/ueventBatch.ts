/** Turns the addon's batches of uevents into those of the model. */
import type { LossCause, Uevent, UeventBatch } from '../model/uevent';
import type { NativeBatch, NativeUevent } from '../../native/mpathd';

const LOSSES: ReadonlyArray<[LossCause, (batch: NativeBatch) => number]> = [
  ['overrun', (batch) => batch.overruns],
  ['drops', (batch) => batch.dropped],
  ['truncated', (batch) => batch.truncated],
  ['malformed', (batch) => batch.malformed],
  ['queue-full', (batch) => batch.queueFull],
];

/** The batch of the listener, without the failure that may have ended the listener. */
export function toBatch(source: Uevent['source'], batch: NativeBatch): UeventBatch {
  return {
    events: batch.events.map((event) => toUevent(source, event)),
    losses: LOSSES.map(([cause, countOf]) => ({ cause, count: countOf(batch) })).filter((loss) => loss.count > 0),
    refused: batch.refused,
    ...(batch.missing === null ? {} : { gap: batch.missing }),
    drained: batch.drained,
  };
}

function toUevent(source: Uevent['source'], event: NativeUevent): Uevent {
  return {
    source,
    action: event.action,
    devpath: event.devpath,
    subsystem: event.subsystem,
    devtype: event.devtype,
    // The name has the spelling of sysfs: a `/` of the device name is a `!` (cciss!c0d0).
    name: event.devpath.slice(event.devpath.lastIndexOf('/') + 1),
    devt: event.devt,
    diskseq: event.diskseq,
    seqnum: event.seqnum,
    synthUuid: event.synthUuid,
    env: toEnv(event.env),
  };
}

/** The object has no prototype, so that a variable with the name `__proto__` is a variable like any other. */
function toEnv(flat: readonly string[]): Record<string, string> {
  const env = Object.create(null) as Record<string, string>;
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const key = flat[i];
    const value = flat[i + 1];
    if (key !== undefined && value !== undefined) env[key] = value;
  }
  return env;
}

/** True if the batch has no event and no loss. */
export function isEmpty(batch: UeventBatch): boolean {
  return (
    batch.events.length + batch.losses.length + batch.refused + batch.drained.length === 0 && batch.gap === undefined
  );
}
