/** What the session needs of the daemon around it, apart from the tables. */
import type { EffectiveConfiguration } from '../config/effective';
import type { RuleBook } from '../config/rules';
import type { Explained } from '../daemon/daemon';
import type { Saved } from '../daemon/journal/saveFile';
import type { Plan } from '../engine/plan/plan';
import type { AdminCommand, AdminResult, LogLevel } from '../engine/protocol';
import type { SettingsReport } from '../engine/views/settingsReport';
import type { ListenerInfo } from '../kernel/ports';
import type { Reading } from '../model/failure';
import type { Tables } from '../model/tables';

/** multipathd's words for its states (`show daemon`). */
export type DaemonState = 'init' | 'startup' | 'configure' | 'idle' | 'running' | 'shutdown';

/** The daemon as the socket sees it. */
export interface DaemonControl {
  /** Begins an orderly end; returns at once. Replies on their way are still sent. */
  shutdown(): void;
  daemonState(): DaemonState;
  pid: number;
  version: string;
  /** Engine time, ms. */
  now(): number;
  /** Engine time, ms, at which the daemon started. */
  startedAt: number;
  listeners(): { kernel: ListenerInfo; udev: ListenerInfo | null };
  /** Writes the journal to a new file with this absolute path, in the place of any other. */
  saveJournal(file: string): Promise<Reading<Saved>>;
  /** What `reconfigure` would do, with this file (absolute path) in the place of multipath.conf; nothing is done. */
  plan(file: string | null): Promise<Reading<Plan>>;
  /** Why a device is multipathed, or not; null: nothing is known of it. */
  explain(device: string): Explained | null;
  log(level: LogLevel, message: string): void;
}

/** All that a session works with. */
export interface SessionDependencies {
  tables(): Tables;
  /** The configuration in force. */
  configuration(): EffectiveConfiguration;
  /** Its blacklist, with the rules that are built in. */
  rules(): RuleBook;
  /** The settings of a path or map, by any of its names; null: there is none. */
  settings(what: string): SettingsReport | null;
  /** Hands a change to the engine. Never rejects for what the engine or the kernel says. */
  submit(command: AdminCommand): Promise<AdminResult>;
  control: DaemonControl;
}

/** Answers commands. */
export interface Session {
  /** The whole reply to one line; never rejects. `isRoot`: the peer's uid is 0. */
  handle(text: string, isRoot: boolean): Promise<string>;
}
