/** The check of a path: what the simulated LUN answers is judged by the same rules as a real one's answer. */
import type { CheckRequest } from '../kernel/ports';
import type { CheckOutcome, CheckedState } from '../model/facts';
import { judgeRead, type ReadAnswer } from '../policy/readChecker';
import { judgeSysfsState } from '../policy/sysfsState';
import { exhausted, judgeTur, type TurAnswer } from '../policy/turChecker';
import { faultFor, type Asked, type Latency } from './answer';
import type { Kernel } from './kernel';
import { tellAttention } from './rescan';
import type { PathAnswer, SimDisk } from './world';

/** Fixed format sense data, 18 bytes (SPC-4, 4.5.3). */
function senseData(key: number, asc: number, ascq: number): Uint8Array {
  const sense = new Uint8Array(18);
  sense.set([0x70, 0, key, 0, 0, 0, 0, 10]);
  sense.set([asc, ascq], 12);
  return sense;
}

const NO_SENSE = new Uint8Array(0);
const CHECK_CONDITION = 0x02;
/** include/scsi/scsi_status.h. */
const DID_NO_CONNECT = 0x01;

const statuses = (status: number, hostStatus: number, sense: Uint8Array): TurAnswer => ({
  errno: null,
  status,
  hostStatus,
  driverStatus: 0,
  sense,
});

/** To TEST UNIT READY. A path that hangs gives none in time. */
function unitAnswer(answer: Exclude<PathAnswer, 'hangs'>): TurAnswer {
  switch (answer) {
    case 'up':
      return statuses(0, 0, NO_SENSE);
    case 'ghost':
      return statuses(CHECK_CONDITION, 0, senseData(0x2, 0x04, 0x0b));
    case 'transitioning':
      return statuses(CHECK_CONDITION, 0, senseData(0x2, 0x04, 0x0a));
    case 'down':
      return statuses(0, DID_NO_CONNECT, NO_SENSE);
  }
}

const readAnswer = (answer: PathAnswer): ReadAnswer =>
  answer === 'up' ? { errno: null, bytes: 512 } : { errno: 'EIO', step: 'read' };

function judgeAnswer(method: CheckRequest['method'], tur: TurAnswer, read: ReadAnswer): CheckedState {
  if (method !== 'tur') return judgeRead(read, method);
  const verdict = judgeTur(tur);
  const { state, message } = verdict.kind === 'done' ? verdict : exhausted(verdict);
  return { state, message };
}

const NOTHING = { sysfsState: null, accessState: null, preferredPath: false, sizeSectors: null };

function seen(disk: SimDisk, verdict: CheckedState): CheckOutcome {
  const { state: sysfsState, accessState, preferredPath, sizeSectors } = disk;
  return { sysfsState, accessState, preferredPath, sizeSectors, ...verdict };
}

const isAsked = (disk: SimDisk, request: CheckRequest): boolean =>
  disk.devt === request.devt && (request.diskseq === null || disk.diskseq === request.diskseq);

/** sysfs first, then the device; null: no answer will come in time. */
function outcomeOf(kernel: Kernel, request: CheckRequest): CheckOutcome | null {
  const disk = kernel.world.disks.get(request.name);
  if (disk === undefined || !isAsked(disk, request)) return { ...NOTHING, state: 'removed', message: 'path removed' };
  const verdict = judgeSysfsState('scsi', disk.state);
  if (verdict !== 'check') return seen(disk, { state: verdict, message: `path is ${disk.state} in sysfs` });
  if (request.method === 'none')
    return seen(disk, { state: 'up', message: 'none checker: sysfs has nothing against the path' });
  const { answer } = disk;
  if (answer === 'hangs') return null;
  tellAttention(kernel, disk);
  return seen(disk, judgeAnswer(request.method, unitAnswer(answer), readAnswer(answer)));
}

function timedOut(kernel: Kernel, request: CheckRequest): CheckOutcome {
  const verdict: CheckedState = { state: 'timeout', message: `${request.method} checker timed out` };
  const disk = kernel.world.disks.get(request.name);
  return disk !== undefined && isAsked(disk, request) ? seen(disk, verdict) : { ...NOTHING, ...verdict };
}

/** The `check` of the block port; always answered, at the latest when its time is over. */
export function checkPath(kernel: Kernel, latency: Latency, request: CheckRequest): Promise<CheckOutcome> {
  const asked: Asked = { operation: 'check', call: 'SG_IO', device: request.name, aliases: [request.devt] };
  const { scheduler } = kernel;
  return new Promise((resolve) => {
    const expire = (): void => scheduler.after(request.timeoutMs, () => resolve(timedOut(kernel, request)));
    scheduler.after(kernel.random.below(latency.operationMs + 1), () => {
      const fault = faultFor(kernel, asked);
      if (fault?.kind === 'hang') return expire();
      if (fault?.kind === 'errno') {
        const failed = { errno: fault.errno, step: 'SG_IO' };
        return resolve({ ...NOTHING, ...judgeAnswer(request.method, failed, failed) });
      }
      const outcome = outcomeOf(kernel, request);
      const late = fault?.kind === 'late' ? fault.ms : 0;
      if (outcome === null || late > request.timeoutMs) return expire();
      if (late > 0) return scheduler.after(late, () => resolve(outcome));
      resolve(outcome);
    });
  });
}
