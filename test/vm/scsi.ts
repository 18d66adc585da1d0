import type { NativeDevice, NativeScsiCommand, scsiCommand } from '../../native/mpathd';
import { decodeSense, describeSense } from '../../src/policy/scsi/sense';
import type { Machine } from './machine';

type Answer = Awaited<ReturnType<typeof scsiCommand>>;
/** An answer of the disk. */
export type ScsiAnswered = Extract<Answer, { errno: null }>;

const UNIT_ATTENTION = 0x6;
/** A disk may have several unit attentions pending, one for each change. */
const MOST_ATTENTIONS = 8;

/** The disk of this name, in the form that the addon needs. */
export const diskOf = async (machine: Machine, name: string): Promise<NativeDevice> => {
  const [devt, diskseq] = (await machine.ok(`cat /sys/block/${name}/dev /sys/block/${name}/diskseq`)).split('\n');
  return { node: `/dev/${name}`, devt: devt!.trim(), diskseq: Number(diskseq) };
};

/** Asks the addon in the guest. */
export const askScsi = async (machine: Machine, device: NativeDevice, command: NativeScsiCommand): Promise<Answer> => {
  const words = [device, command].map((one) => `'${JSON.stringify(one)}'`).join(' ');
  return JSON.parse(await machine.ok(`node /project/test/vm/probes/scsi.js ${words}`, { timeoutMs: 120_000 }));
};

/** Has a disk execute a command, after its pending unit attentions. Throws if the disk does not execute it. */
export const doScsi = async (
  machine: Machine,
  device: NativeDevice,
  command: NativeScsiCommand,
): Promise<ScsiAnswered> => {
  for (let more = MOST_ATTENTIONS; ; more--) {
    const answer = await askScsi(machine, device, command);
    if (answer.errno === null && answer.status === 0 && answer.hostStatus === 0) return answer;
    const sense = answer.errno === null ? decodeSense(Buffer.from(answer.sense, 'hex')) : null;
    if (sense?.key === UNIT_ATTENTION && more > 0) continue;
    const why = sense === null ? '' : `, sense ${describeSense(sense)}`;
    throw new Error(`${command.command} to ${device.node}: ${JSON.stringify(answer)}${why}`);
  }
};
