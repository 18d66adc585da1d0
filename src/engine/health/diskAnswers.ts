/** Hands the answers of disks to those who asked (policy/diskQuestions.ts). */
import type { Input } from '../protocol';
import type { SettingsContext } from '../settings/state';
import { onIdentityRead } from './lunIdentity';
import { onPriorityAnswered } from './priorities';
import { onVendorPageRead } from './vendorPage';

export type DiskAnswer = Extract<Input, { type: 'disk-answered' }>;

export function onDiskAnswered(ctx: SettingsContext, { question, path, asked, reading }: DiskAnswer): void {
  switch (question) {
    case 'identity':
      return onIdentityRead(ctx, path, asked, reading);
    case 'vendor page':
      return onVendorPageRead(ctx, path, asked, reading);
    default:
      return onPriorityAnswered(ctx, question, path, asked, reading);
  }
}
