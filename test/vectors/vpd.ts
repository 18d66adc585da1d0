import { serialFromVpd80, wwidFromVpd83 } from '../../src/policy/vpd';
import { shortenNvmeWwid } from '../../src/policy/wwid';
import { number, text, type VectorCase, type VectorOutcome, type VectorRunner } from './runner';

const ERRNO = { invalid: -22, none: -61, overflow: -75 };

function answer(c: VectorCase): { ret: number; wwid: string | null } {
  const bytes = Buffer.from(text(c['input_hex']), 'hex').subarray(0, number(c['bytes_returned']));
  const size = number(c['buflen']);
  if (c['page'] === 0x80) {
    const serial = serialFromVpd80(bytes, size);
    return { ret: serial.length, wwid: serial === '' ? null : serial };
  }
  const identity = wwidFromVpd83(bytes, size);
  return identity.ok ? { ret: identity.wwid.length, wwid: identity.wwid } : { ret: ERRNO[identity.error], wwid: null };
}

export const vpd: VectorRunner = {
  file: 'vpd',
  run(c): VectorOutcome {
    if (c['op'] === 'shorten_overlong_nvme_wwid') {
      const wwid = shortenNvmeWwid(text(c['value']));
      expect({ ret: wwid?.length ?? 0, wwid }).toEqual({ ret: c['ret'], wwid: c['wwid'] });
      return 'passed';
    }
    if (c['page'] !== 0x80 && c['page'] !== 0x83) return { unsupported: `VPD page ${String(c['page'])}` };
    expect(answer(c)).toEqual({ ret: c['ret'], wwid: c['wwid'] });
    return 'passed';
  },
};
