import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyConfiguration } from '../../src/config/configuration';
import type { Configuration } from '../../src/config/configuration';
import { mergeConfiguration } from '../../src/config/effective';
import { showConfiguration } from '../../src/config/show';
import type { Present } from '../../src/config/show';
import { showBlacklist } from '../../src/config/showBlacklist';
import { block, configuration, device, rule } from './configurations';

/** The output of multipathd 0.14.3 with `find_multipaths off` and nothing else in its configuration. */
function reference(name: string): string {
  return readFileSync(join(__dirname, 'reference', `${name}.txt`), 'utf8');
}

const MINIMAL = configuration({ defaults: block({ find_multipaths: 'off' }) });

function shown(sections: Partial<Configuration>, present: Present | null = null): string {
  const config = mergeConfiguration(configuration(sections));
  return showConfiguration(config, config.rules, present);
}

/** The lines of a section at the outermost level, without their common indent. */
function sectionOf(text: string, name: string): string {
  const found = new RegExp(`^${name} \\{\\n((?:\\t.*\\n)*)\\}\\n`, 'm').exec(text);
  return (found?.[1] ?? 'none').replaceAll(/^\t/gm, '');
}

describe('the output of multipathd, byte for byte', () => {
  const config = mergeConfiguration(MINIMAL);

  test('show config', () => {
    expect(showConfiguration(config, config.rules)).toBe(reference('show_config'));
  });

  test('show config local', () => {
    const wwids = ['1Linux_scsi_debug_2000', '1Linux_scsi_debug_2001'];
    const present = { devices: [device('Linux', 'scsi_debug')], maps: wwids.map((wwid) => ({ wwid, alias: wwid })) };
    expect(showConfiguration(config, config.rules, present)).toBe(reference('show_config_local'));
  });

  test('show blacklist', () => {
    expect(showBlacklist(config.rules)).toBe(reference('show_blacklist'));
  });
});

test('values in the notation of their keywords', () => {
  const text = sectionOf(
    shown({
      defaults: block({
        fast_io_fail_tmo: 'off',
        dev_loss_tmo: 'infinity',
        eh_deadline: 'off',
        max_retries: 'off',
        no_path_retry: 'fail',
        ghost_delay: 10,
        mode: 0o640,
        uid: 500,
        failback: 'followover',
        prio_args: 'a "b" c',
        max_fds: 8192,
        user_friendly_names: true,
        uid_attrs: 'sd:ID_SERIAL nvme:ID_WWN',
        checker_timeout: 60,
      }),
    }),
    'defaults',
  );
  expect(text.split('\n')).toEqual(
    expect.arrayContaining([
      'fast_io_fail_tmo off',
      'dev_loss_tmo "infinity"',
      'eh_deadline off',
      'max_retries off',
      'no_path_retry "fail"',
      'ghost_delay 10',
      'mode 0640',
      'uid 500',
      'failback "followover"',
      'prio_args "a ""b"" c"',
      'max_fds 8192',
      'user_friendly_names "yes"',
      'uid_attrs "sd:ID_SERIAL nvme:ID_WWN"',
      'checker_timeout 60',
    ]),
  );
});

test('features stand as they were written, without the keywords to which they are translated', () => {
  const text = sectionOf(shown({ defaults: block({ features: '1 queue_if_no_path' }) }), 'defaults');
  expect(text).toContain('features "1 queue_if_no_path"\n');
  expect(text).not.toContain('no_path_retry');
});

test('of a reservation key only its presence is shown', () => {
  const defaults = block({ reservation_key: 'set' });
  expect(sectionOf(shown({ defaults }), 'defaults')).toContain('# reservation_key is set\n');
  expect(sectionOf(shown({ defaults: block({ reservation_key: 'file' }) }), 'defaults')).toContain(
    'reservation_key "file"\n',
  );
});

test('sections with all their contents', () => {
  const text = shown({
    blacklist: {
      ...emptyConfiguration().blacklist,
      wwid: [rule('!3600"x"')],
      protocol: [{ ...rule('sas'), pattern: '!x' }],
      device: [{ vendor: rule('V'), product: null }],
    },
    devices: [block({ vendor: 'FOO', product: 'BAR', revision: '1', prio: 'emc' })],
    overrides: block({ no_path_retry: 4 }),
    protocols: [block({ type: 'scsi:fcp', fast_io_fail_tmo: 10 })],
    multipaths: [block({ wwid: '3600a', alias: 'red', mode: 0o600 })],
  });
  expect(sectionOf(text, 'blacklist')).toContain('wwid "!3600""x"""\nprotocol "\\!x"\ndevice {\n\tvendor "V"\n}\n');
  expect(sectionOf(text, 'devices')).toMatch(
    /device \{\n\tvendor "FOO"\n\tproduct "BAR"\n\trevision "1"\n\tprio "emc"\n\}\n$/,
  );
  expect(sectionOf(text, 'overrides')).toBe(
    'no_path_retry 4\nprotocol {\n\ttype "scsi:fcp"\n\tfast_io_fail_tmo 10\n}\n',
  );
  expect(sectionOf(text, 'multipaths')).toBe('multipath {\n\twwid "3600a"\n\talias "red"\n\tmode 0600\n}\n');
});

test('local: the entries of present devices, and the present maps', () => {
  const multipaths = [block({ wwid: '3600a', alias: 'red' }), block({ wwid: '3600gone', alias: 'blue' })];
  const present = {
    devices: [device('IBM', '2145')],
    maps: [
      { wwid: '3600a', alias: 'red' },
      { wwid: '3600b', alias: 'mpathb' },
    ],
  };
  const text = shown({ multipaths }, present);
  expect(sectionOf(text, 'devices').match(/product .*/g)).toEqual(['product "^2145"']);
  expect(sectionOf(text, 'multipaths')).toBe(
    'multipath {\n\twwid "3600a"\n\talias "red"\n}\nmultipath {\n\twwid "3600b"\n\t# alias "mpathb"\n}\n',
  );
});

test('an entry of the hardware table that a file extends is one entry', () => {
  const text = sectionOf(
    shown({ devices: [block({ vendor: 'APPLE', product: 'Xserve RAID', no_path_retry: 99 })] }),
    'devices',
  );
  expect(text.match(/product "Xserve RAID"/g)).toHaveLength(1);
  expect(text).toMatch(/product "Xserve RAID"\n\tpath_grouping_policy "multibus"\n\tno_path_retry 99\n\}\n$/);
});

test('the report of the blacklist: rules of files come first, and are marked', () => {
  const blacklist = {
    ...emptyConfiguration().blacklist,
    devnode: [rule('^sdz')],
    device: [{ vendor: null, product: rule('LUNZ') }],
  };
  const config = mergeConfiguration(configuration({ blacklist }));
  const text = showBlacklist(config.rules);
  expect(text).toContain('        (config file rule) ^sdz\n        (default rule)     !^(sd');
  expect(text).toContain('device rules:\n- blacklist:\n        (config file rule) .*:LUNZ\n');
});
