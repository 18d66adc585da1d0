/** Names of accounts, for the owner of a map's node. */
import type { Lookups } from '../config/parse/values';
import { type Files, nodeFiles } from '../kernel/files';
import { readText } from './readText';

/** The fields of each line: `name:password:id:…` */
function entriesOf(text: string): string[][] {
  return text.split('\n').map((line) => line.split(':'));
}

function idOf(entry: readonly string[] | undefined, field: number): number | null {
  const digits = entry?.[field] ?? '';
  return /^\d{1,10}$/.test(digits) ? Number(digits) : null;
}

/**
 * Looks up names in the texts of /etc/passwd and /etc/group. `gid`: the name of an account means the account's group.
 */
export function lookupsOf(passwd: string, group: string): Lookups {
  const find = (text: string, name: string): string[] | undefined =>
    entriesOf(text).find(([first]) => first === name && name !== '');
  return {
    uid: (name) => idOf(find(passwd, name), 2),
    gid: (name) => idOf(find(passwd, name), 3) ?? idOf(find(group, name), 2),
  };
}

/** The accounts of this host. Accounts that only a directory service has are not found. */
export async function readAccounts(
  passwd = '/etc/passwd',
  group = '/etc/group',
  files: Files = nodeFiles,
): Promise<Lookups> {
  const [accounts, groups] = await Promise.all([readText(passwd, files), readText(group, files)]);
  return lookupsOf(accounts.kind === 'text' ? accounts.text : '', groups.kind === 'text' ? groups.text : '');
}
