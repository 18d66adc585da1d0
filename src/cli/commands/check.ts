/**
 * `mpathctl check [DEVICE]`: whether the device is a path that only multipath may use. For udev's rules, like
 * `multipath -u` and `-c`.
 */
import { checkDevice, type CheckResult, type PathState } from '../check/decide';
import { EXIT, jsonText, Refusal, type Command } from './command';
import { printable } from '../../model/printable';

/** The value of the property that udev's rules use, and other programs through them. */
const DEVICE_PATH: Record<PathState, string> = { yes: '1', no: '0', maybe: '2' };

/**
 * A disk's driver can block a program that opens the disk. udev kills a program that takes too long, and then has no
 * answer.
 */
const DEADLINE_MS = 20_000;

/** Lines for IMPORT{program} of udev. */
function variablesOf(result: CheckResult): string {
  if (result.state === 'error') return '';
  const wait = result.waitUntil === null ? '' : `FIND_MULTIPATHS_WAIT_UNTIL="${result.waitUntil}"\n`;
  return `${wait}DM_MULTIPATH_DEVICE_PATH="${DEVICE_PATH[result.state]}"\n`;
}

function documentOf(device: string, result: CheckResult): object {
  if (result.state === 'error') return { device, state: result.state, reason: result.reason };
  const { state, disk, wwid, reason, waitUntil } = result;
  return { device, name: disk.name, devt: disk.devt, state, wwid, reason, waitUntil };
}

/** In a rule only an error gives a failure. Outside a rule the exit code is the answer. */
function exitCode(result: CheckResult, udev: boolean): number {
  switch (result.state) {
    case 'yes':
    case 'maybe':
      return EXIT.ok;
    case 'no':
      return udev ? EXIT.ok : EXIT.failed;
    case 'error':
      return udev ? EXIT.failed : EXIT.usage;
  }
}

async function withinDeadline(work: Promise<CheckResult>): Promise<{ result: CheckResult; late: boolean }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<{ result: CheckResult; late: boolean }>((resolve) => {
    const result: CheckResult = {
      state: 'error',
      reason: `no answer within ${DEADLINE_MS / 1000} s: a disk, or the disk that /etc is on, hangs`,
    };
    timer = setTimeout(() => resolve({ result, late: true }), DEADLINE_MS);
  });
  try {
    return await Promise.race([work.then((result) => ({ result, late: false })), late]);
  } finally {
    clearTimeout(timer);
  }
}

export const check: Command = async (context, args) => {
  const { env } = context;
  const device = args.device ?? (args.udev ? env['DEVNAME'] : undefined);
  if (device === undefined || device === '')
    throw new Refusal('which device? A name, a path below /dev, or a number as 8:0');
  const request = { device, udev: args.udev, ignoreWwids: args.ignoreWwids, env };
  const { result, late } = await withinDeadline(checkDevice(context.checkSystem(), request));
  if (args.json) context.print(jsonText(documentOf(device, result)));
  else context.print(variablesOf(result));
  if (!args.json && !args.udev) context.note(`${printable(device)}: ${result.state}, ${printable(result.reason)}\n`);
  if (args.udev && result.state === 'error')
    context.note(`mpathctl: ${printable(device)}: ${printable(result.reason)}\n`);
  if (late) context.abandon();
  return exitCode(result, args.udev);
};
