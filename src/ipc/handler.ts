/** What answers one command of the language. */
import type { EffectiveConfiguration } from '../config/effective';
import type { RuleBook } from '../config/rules';
import type { AdminCommand, AdminResult } from '../engine/protocol';
import type { Tables } from '../model/tables';
import type { CommandName } from './commands';
import type { DaemonControl } from './control';
import type { Keyword } from './grammar';

/** What a handler works with. */
export interface HandlerContext {
  tables: Tables;
  configuration: EffectiveConfiguration;
  rules: RuleBook;
  control: DaemonControl;
  submit(command: AdminCommand): Promise<AdminResult>;
}

/** Gives the text to show; '' is success without words. */
export type Handler = (context: HandlerContext, keywords: readonly Keyword[]) => string | Promise<string>;

/** Commands that only show; all others may change something. */
export type ShowName = Extract<CommandName, `list ${string}`>;
