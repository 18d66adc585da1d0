/** A uevent port on this machine's kernel, and other processes that send to it. */
import { execFileSync } from 'child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'fs';
import { join } from 'path';
import { loadAddon } from '../../src/kernel/native';
import type { UeventPort } from '../../src/kernel/ports';
import { createUeventPort } from '../../src/kernel/uevents';
import type { UeventPortOptions } from '../../src/kernel/uevents';
import type { LossCause, Uevent, UeventBatch } from '../../src/model/uevent';

const ROOT = join(__dirname, '..', '..');

export const THREAD_NAME = 'mpathd-uevents';

/** A device whose events the listener drops, except fences. */
export const NULL_UEVENT = '/sys/devices/virtual/mem/null/uevent';

/** How long a test waits. This makes no claim about speed. */
const PATIENCE_MS = 20_000;

export interface Listening {
  port: UeventPort;
  batches: UeventBatch[];
  events(): Uevent[];
  lost(cause: LossCause): number;
  refused(): number;
  /** Waits until the condition holds. */
  until(condition: () => boolean): Promise<void>;
  /** Waits until all events so far are in `batches`. Returns the drop counter. */
  settle(): Promise<number>;
}

/** Starts to listen. */
export function listen(options: Partial<UeventPortOptions> = {}): Listening {
  const port = createUeventPort(loadAddon(), {
    source: 'kernel',
    bufferBytes: 1024 * 1024,
    realtimePriority: 0,
    queueLimit: 1000,
    ...options,
  });
  const batches: UeventBatch[] = [];
  let token = 0;
  port.start((batch) => batches.push(batch));

  async function until(condition: () => boolean): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!condition()) {
      if (Date.now() > end) throw new Error(`waited in vain; got ${JSON.stringify(batches)}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async function settle(): Promise<number> {
    token += 1;
    const mine = token;
    const answer = () => batches.flatMap((b) => b.drained).find((d) => d.token === mine);
    port.drain(mine);
    await until(() => answer() !== undefined);
    return answer()?.drops ?? NaN;
  }

  return {
    port,
    batches,
    events: () => batches.flatMap((b) => b.events),
    lost: (cause) =>
      batches.flatMap((b) => b.losses).reduce((sum, loss) => sum + (loss.cause === cause ? loss.count : 0), 0),
    refused: () => batches.reduce((sum, b) => sum + b.refused, 0),
    until,
    settle,
  };
}

/** {@link listen} for a test file: after each test all listeners are stopped. */
export function listeners(): typeof listen {
  let open: Listening[] = [];
  afterEach(() => {
    open.forEach((listener) => listener.port.stop());
    open = [];
  });
  return (options) => {
    const listener = listen(options);
    open.push(listener);
    return listener;
  };
}

/** Writes a synthetic event: `change`, or `change UUID KEY=VALUE`. */
export function poke(file: string, text: string): void {
  writeFileSync(file, text);
}

let uuids = 0;

/** A UUID that no other event of this process has. */
export function freshUuid(): string {
  uuids += 1;
  const low = String(uuids).padStart(12, '0');
  return `6d706174-${String(process.pid % 10000).padStart(4, '0')}-4000-8000-${low}`;
}

/** Builds test/host/uevent_tool.cc if needed. Returns its path. */
export function ueventTool(): string {
  const source = join(__dirname, 'uevent_tool.cc');
  const directory = join(ROOT, 'build', 'host-tests');
  const binary = join(directory, 'uevent_tool');
  if (existsSync(binary) && statSync(binary).mtimeMs > statSync(source).mtimeMs) return binary;
  mkdirSync(directory, { recursive: true });
  execFileSync('g++', ['-std=c++17', '-Wall', '-Wextra', '-Werror', '-O1', '-o', binary, source]);
  return binary;
}

/** Runs the tool in a process of its own and waits for it. */
export function tool(...args: Array<string | number>): void {
  execFileSync(ueventTool(), args.map(String));
}

/** Thread ids of the uevent listeners of this process. */
export function listenerThreads(): number[] {
  return readdirSync('/proc/self/task')
    .filter((tid) => readFileSync(`/proc/self/task/${tid}/comm`, 'utf8').trim() === THREAD_NAME)
    .map(Number);
}
