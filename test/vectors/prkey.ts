import { parseReservationKey } from '../../src/config/reservationKey';
import { flag, text, type VectorOutcome, type VectorRunner } from './runner';

export const prkey: VectorRunner = {
  file: 'prkey',
  run(c): VectorOutcome {
    if (text(c['op']) !== 'parse_prkey') return { unsupported: text(c['op']) };
    const got = parseReservationKey(text(c['text']));
    const wanted = flag(c['ok']) ? { key: BigInt(text(c['key_hex'])), aptpl: flag(c['aptpl']) } : null;
    expect(got === null ? null : { key: BigInt(`0x${got.key}`), aptpl: got.aptpl }).toEqual(wanted);
    return 'passed';
  },
};
