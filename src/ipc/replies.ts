/** Results of the engine and refusals, in the words of the socket protocol. */
import { describeFailure } from '../model/failure';
import { printable } from '../model/printable';
import type { AdminResult } from '../engine/protocol';

/** Success without a text to show. An empty table gives this reply, too. */
const OK = 'ok\n';

export const NOT_FOUND = 'fail\ndevice not found\n';
const TIMED_OUT = 'fail\ntimeout\n';
/** multipathd's own text, which clients compare. */
export const NOT_ROOT = 'fail\npermission deny: need to be root\n';
export const UNSUPPORTED = 'fail\nnot supported by mpathd yet\n';

/** A refusal with a reason of our own, on one line. */
export function failure(message: string): string {
  return message === '' ? 'fail\n' : `fail\n${printable(message)}\n`;
}

/** A text is the whole reply. An empty text means success. */
export function orOk(text: string): string {
  if (text === '') return OK;
  return text.endsWith('\n') ? text : `${text}\n`;
}

type Audit = Extract<AdminResult, { outcome: 'audit' }>;

const line = (text: string): string => `${printable(text)}\n`;

/** An audit as a text for people: one line for each difference, and one for each reading that failed. */
function auditText(audit: Audit): string {
  const differences = audit.differences.map((d) =>
    line(`${d.device} ${d.field}: tables ${d.tables}, kernel ${d.kernel}`),
  );
  const unknown = audit.unknown.map((f) => line(`unknown: ${describeFailure(f)}`));
  const count = `${audit.differences.length} difference${audit.differences.length === 1 ? '' : 's'}`;
  return `${differences.join('')}${unknown.join('')}${count}; ${audit.paths} paths, ${audit.maps} maps compared\n`;
}

/** The reply to a change. */
export function adminReply(result: AdminResult): string {
  switch (result.outcome) {
    case 'ok':
      return OK;
    case 'text':
      return orOk(result.text);
    case 'audit':
      return auditText(result);
    case 'fail':
      return failureReply(result);
  }
}

function failureReply(result: Extract<AdminResult, { outcome: 'fail' }>): string {
  switch (result.reason) {
    case 'not-found':
      return NOT_FOUND;
    case 'busy':
      return 'fail\nmap or partition in use\n';
    case 'timeout':
      return TIMED_OUT;
    case 'other':
      return failure(result.message);
  }
}
