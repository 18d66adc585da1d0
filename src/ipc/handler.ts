/** Types of the functions that answer the commands. */
import type { EffectiveConfiguration } from '../config/effective';
import type { RuleBook } from '../config/rules';
import type { AdminCommand, AdminResult } from '../engine/protocol';
import type { Tables } from '../model/tables';
import type { CommandName } from './commands';
import type { DaemonControl } from './control';
import type { Keyword } from './grammar';

/** What a handler gets. */
export interface HandlerContext {
  /** The uid of the client is 0. */
  isRoot: boolean;
  tables: Tables;
  configuration: EffectiveConfiguration;
  rules: RuleBook;
  control: DaemonControl;
  submit(command: AdminCommand): Promise<AdminResult>;
}

/** Returns the text to show; '' means success without a text. */
export type Handler = (context: HandlerContext, keywords: readonly Keyword[]) => string | Promise<string>;

/** A handler that only shows: its text depends on nothing but the engine's state. */
export type ShowHandler = (context: HandlerContext, keywords: readonly Keyword[]) => string;

/** Commands that only show something. All others may change something. */
export type ShowName = Extract<CommandName, `list ${string}`>;
