/** The check of a path. The rules for a real LUN's answer also judge the answer of the simulated LUN. */
import type { CheckRequest } from '../kernel/ports';
import type { CheckedState, CheckOutcome, IdentityEvidence } from '../model/facts';
import type { Failure, Reading } from '../model/failure';
import type { ScsiAnswer, ScsiOrder } from '../model/scsi';
import { CHECKERS, WORKS_BY_SYSFS } from '../policy/checkers/checkers';
import { askIdentity, isIdentityAsked, withIdentity } from '../policy/checkers/identity';
import { judgeRead, type ReadAnswer } from '../policy/checkers/read';
import { converseAtOnce } from '../policy/scsi/exchange';
import { judgeSysfsState } from '../policy/sysfsState';
import { faultFor, kernelError, type Asked, type Latency } from './answer';
import type { Kernel } from './kernel';
import { tellAttention } from './rescan';
import { cdbOf } from './scsiQuestion';
import { answerTo, isInquiry } from './scsiTarget';
import type { PathAnswer, SimDisk } from './world';

type Verdict = CheckedState & { identity: IdentityEvidence | null };

const readAnswer = (answer: PathAnswer): ReadAnswer =>
  answer === 'up' ? { errno: null, bytes: 512 } : { errno: 'EIO', step: 'read' };

/** What the checker makes of the answers; `read`: of a direct read. */
function verdictOf(
  request: CheckRequest,
  answer: (order: ScsiOrder) => Reading<ScsiAnswer>,
  read: ReadAnswer,
): Verdict {
  const checked = checkedBy(request, answer, read);
  const asked = request.identity !== null && isIdentityAsked(checked) ? request.identity : null;
  const identity = asked === null ? null : converseAtOnce(askIdentity(request.name, asked), answer);
  return withIdentity(checked, identity, request.method);
}

function checkedBy(
  request: CheckRequest,
  answer: (order: ScsiOrder) => Reading<ScsiAnswer>,
  read: ReadAnswer,
): CheckedState {
  const rule = CHECKERS[request.method];
  switch (rule.by) {
    case 'scsi':
      return converseAtOnce(rule.exchange(request.name), answer);
    case 'read':
      return judgeRead(read, request.method);
    case 'sysfs':
      return WORKS_BY_SYSFS;
  }
}

const NOTHING = { sysfsState: null, accessState: null, preferredPath: false, sizeSectors: null, identity: null };

function seen(disk: SimDisk, verdict: Verdict): CheckOutcome {
  const { state: sysfsState, accessState, preferredPath, sizeSectors } = disk;
  return { sysfsState, accessState, preferredPath, sizeSectors, ...verdict };
}

const isAsked = (disk: SimDisk, request: CheckRequest): boolean =>
  disk.devt === request.devt && (request.diskseq === null || disk.diskseq === request.diskseq);

/** How much later, ms, the whole check is answered because of a question of its own. */
interface Delay {
  ms: number;
}

/** A fault of `inquiry` hits the question of the check, too. An answer that hangs, or comes too late, has failed. */
function inquiryFailure(kernel: Kernel, { name, devt, timeoutMs }: CheckRequest, delay: Delay): Failure | null {
  const asked: Asked = { operation: 'inquiry', call: 'SG_IO', device: name, aliases: [devt] };
  const fault = faultFor(kernel, asked);
  if (fault === null) return null;
  if (fault.kind === 'late' && fault.ms <= timeoutMs) {
    delay.ms = Math.max(delay.ms, fault.ms);
    return null;
  }
  return kernelError(asked, fault.kind === 'errno' ? fault.errno : 'EIO');
}

/** The outcome, first from sysfs, then from the device; null: no answer will come in time. */
function outcomeOf(kernel: Kernel, request: CheckRequest, delay: Delay): CheckOutcome | null {
  const disk = kernel.world.disks.get(request.name);
  if (disk === undefined || !isAsked(disk, request)) return { ...NOTHING, state: 'removed', message: 'path removed' };
  const verdict = judgeSysfsState('scsi', disk.state);
  if (verdict !== 'check')
    return seen(disk, { state: verdict, message: `path is ${disk.state} in sysfs`, identity: null });
  const { answer } = disk;
  if (CHECKERS[request.method].by !== 'sysfs') {
    if (answer === 'hangs') return null;
    tellAttention(kernel, disk);
  }
  const answered = (order: ScsiOrder): Reading<ScsiAnswer> => {
    const cdb = cdbOf(order);
    const failure = isInquiry(cdb) ? inquiryFailure(kernel, request, delay) : null;
    if (failure !== null) return { ok: false, failure };
    return { ok: true, value: answerTo(kernel, disk, cdb, order.direction === 'in' ? order.length : 0) };
  };
  return seen(disk, verdictOf(request, answered, readAnswer(answer)));
}

function timedOut(kernel: Kernel, request: CheckRequest): CheckOutcome {
  const verdict: Verdict = { state: 'timeout', message: `${request.method} checker timed out`, identity: null };
  const disk = kernel.world.disks.get(request.name);
  return disk !== undefined && isAsked(disk, request) ? seen(disk, verdict) : { ...NOTHING, ...verdict };
}

/** The `check` of the block port. It always gives an outcome, at the latest when its time is over. */
export function checkPath(kernel: Kernel, latency: Latency, request: CheckRequest): Promise<CheckOutcome> {
  const asked: Asked = { operation: 'check', call: 'SG_IO', device: request.name, aliases: [request.devt] };
  const { scheduler } = kernel;
  return new Promise((resolve) => {
    const expire = (): void => scheduler.after(request.timeoutMs, () => resolve(timedOut(kernel, request)));
    scheduler.after(kernel.random.below(latency.operationMs + 1), () => {
      const fault = faultFor(kernel, asked);
      if (fault?.kind === 'hang') return expire();
      if (fault?.kind === 'errno') {
        const failure = { ...kernelError(asked, fault.errno), detail: asked.call };
        const read: ReadAnswer = { errno: fault.errno, step: asked.call };
        return resolve({ ...NOTHING, ...verdictOf(request, () => ({ ok: false, failure }), read) });
      }
      const delay: Delay = { ms: 0 };
      const outcome = outcomeOf(kernel, request, delay);
      const late = (fault?.kind === 'late' ? fault.ms : 0) + delay.ms;
      if (outcome === null || late > request.timeoutMs) return expire();
      if (late > 0) return scheduler.after(late, () => resolve(outcome));
      resolve(outcome);
    });
  });
}
