/** What the session needs of the daemon, apart from the tables. */
import type { EffectiveConfiguration } from '../config/effective';
import type { RuleBook } from '../config/rules';
import type { Explained } from '../daemon/daemon';
import type { Saved } from '../daemon/journal/saveFile';
import type { Plan } from '../engine/plan/plan';
import type { AdminCommand, AdminResult, LogLevel } from '../engine/protocol';
import type { SettingsReport } from '../engine/views/settingsReport';
import type { LaneInfo } from '../kernel/lanes';
import type { ListenerInfo } from '../kernel/ports';
import type { Reading } from '../model/failure';
import type { Tables } from '../model/tables';
import type { UnansweredCall } from '../model/unanswered';

/** multipathd's words for the state of a daemon (`show daemon`). */
export type DaemonState = 'init' | 'startup' | 'configure' | 'idle' | 'running' | 'shutdown';

/** The daemon in the view of the socket. */
export interface DaemonControl {
  /** Begins an orderly end and returns at once. Replies under way are still sent. */
  shutdown(): void;
  daemonState(): DaemonState;
  pid: number;
  version: string;
  /** Engine time, ms. */
  now(): number;
  /** Engine time, ms, at which the daemon started. */
  startedAt: number;
  listeners(): { kernel: ListenerInfo; udev: ListenerInfo | null };
  /** The threads for calls that may hang. */
  lanes(): LaneInfo[];
  /** Questions to the kernel and work on files that have not come back. */
  unanswered(): UnansweredCall[];
  /** Log lines that nobody read in time. */
  droppedLogLines(): number;
  /** Writes the journal to a new file with this absolute path. The file replaces any other. */
  saveJournal(file: string): Promise<Reading<Saved>>;
  /**
   * What `reconfigure` would do, with this file (absolute path) in the place of multipath.conf. The call changes
   * nothing.
   */
  plan(file: string | null): Promise<Reading<Plan>>;
  /** Why a device is multipathed, or not; null: the engine knows nothing of it. */
  explain(device: string): Explained | null;
  log(level: LogLevel, message: string): void;
}

/** All that a session needs. */
export interface SessionDependencies {
  tables(): Tables;
  /** The configuration in force. */
  configuration(): EffectiveConfiguration;
  /** The blacklist in force, with the built-in rules. */
  rules(): RuleBook;
  /** The settings of a path or map, by any of its names; null: there is no such device. */
  settings(what: string): SettingsReport | null;
  /** Hands a change to the engine. A refusal of the engine or the kernel never rejects the promise. */
  submit(command: AdminCommand): Promise<AdminResult>;
  control: DaemonControl;
}

/** The reply to a command that only shows something. */
export interface Shown {
  text: string;
  /**
   * True if the text depends on nothing but the engine's state, the request and the rights: then it stays true until
   * the engine's next input. False: it also depends on the time, or on the kernel's counters.
   */
  ofState: boolean;
}

/** A command that shows is answered at once. A promise never rejects. */
export type Answer = Shown | Promise<string>;

/** Answers commands. */
export interface Session {
  /** The whole reply to one line; never throws. `isRoot`: the uid of the peer is 0. */
  handle(text: string, isRoot: boolean): Answer;
}
