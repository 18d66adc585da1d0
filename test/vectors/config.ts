import { daemonSetting, mergeConfiguration } from '../../src/config/effective';
import { OWN_CODES, type Finding, type SourceFile } from '../../src/config/parse/findings';
import { parseConfiguration } from '../../src/config/parse/parse';
import { flag, list, number, record, text, type VectorCase, type VectorOutcome, type VectorRunner } from './runner';

/** The files of a case, with the names that its messages have. */
export function filesOfCase(c: VectorCase): SourceFile[] {
  const drops = Object.entries(record(c['confd'])).map(([name, content]) => ({ file: `/etc/conf.d/${name}`, text: text(content), main: false }));
  return [{ file: '/etc/multipath.conf', text: text(c['main_conf']), main: true }, ...drops];
}

/** Told by multipathd as well, when it reads the files. */
function isTheirs({ code }: Finding): boolean {
  const ours: readonly string[] = OWN_CODES;
  return !ours.includes(code) && code !== 'alias-twice';
}

export const config: VectorRunner = {
  file: 'config',
  run(c): VectorOutcome {
    const { configuration, findings, usable } = parseConfiguration(filesOfCase(c));
    expect(usable).toBe(flag(c['load_ok']));
    expect(findings.filter(isTheirs).map(({ message }) => message)).toEqual(list(c['messages']));
    if (!usable) return 'passed';
    const { interval, max } = record(c['polling']);
    const merged = mergeConfiguration(configuration);
    expect(daemonSetting(merged, 'polling_interval').value).toBe(number(interval));
    expect(daemonSetting(merged, 'max_polling_interval').value).toBe(number(max));
    return 'passed';
  },
};
