import fc from 'fast-check';
import { readMessage } from '../../../src/daemon/transportWatcher/messages';

const LINK = { kind: 'link', ifname: 'eth0', carrier: true, operstate: 'up' };
const ADDRESS = { kind: 'address', ifname: 'eth0', address: '192.0.2.1', present: false };
const FC = { kind: 'fc', hostNo: 3, event: 'rscn', data: 0x010203 };
const READY = { kind: 'ready', fc: 'EPROTONOSUPPORT' };

describe('a message of the child', () => {
  it.each<[object]>([
    [LINK],
    [{ ...LINK, carrier: false, operstate: 'lowerlayerdown' }],
    [ADDRESS],
    [{ ...ADDRESS, address: '2001:db8::1' }],
    [FC],
    [{ ...FC, data: null }],
    [{ ...FC, hostNo: 65535, data: 0xffffffff, event: 'unknown' }],
    [READY],
    [{ kind: 'missed' }],
  ])('%j is accepted', (message) => {
    expect(readMessage(message)).toEqual(message);
  });

  it('loses fields that do not belong to it', () => {
    expect(readMessage({ ...LINK, hostNo: 7, extra: {} })).toEqual(LINK);
  });

  it.each<[unknown]>([
    [null],
    [undefined],
    [7],
    ['link'],
    [[]],
    [[LINK]],
    [{}],
    [{ kind: 'link' }],
    [{ kind: 'LINK' }],
    [{ kind: ['link'] }],
    [{ kind: 'toString' }],
    [{ ...LINK, ifname: '' }],
    [{ ...LINK, ifname: 'abcdefghijklmnop' }],
    [{ ...LINK, ifname: 'eth0\n' }],
    [{ ...LINK, ifname: 'a b' }],
    [{ ...LINK, ifname: '\u001b[31m' }],
    [{ ...LINK, ifname: ['eth0'] }],
    [{ ...LINK, carrier: 1 }],
    [{ ...LINK, operstate: 'on' }],
    [{ ...LINK, operstate: 6 }],
    [{ ...ADDRESS, address: 'x'.repeat(10) }],
    [{ ...ADDRESS, address: '1'.repeat(46) }],
    [{ ...ADDRESS, address: '' }],
    [{ ...ADDRESS, present: null }],
    [{ ...FC, hostNo: -1 }],
    [{ ...FC, hostNo: 65536 }],
    [{ ...FC, hostNo: 1.5 }],
    [{ ...FC, hostNo: '3' }],
    [{ ...FC, hostNo: Number.NaN }],
    [{ ...FC, event: 'RSCN' }],
    [{ ...FC, event: 'constructor' }],
    [{ ...FC, data: 2 ** 32 }],
    [{ ...FC, data: -1 }],
    [{ ...FC, data: undefined }],
    [{ ...FC, data: '1' }],
    [{ ...READY, fc: '' }],
    [{ ...READY, fc: 'a\nb' }],
    [{ ...READY, fc: 'x'.repeat(33) }],
  ])('%j is not accepted', (message) => {
    expect(readMessage(message)).toBeNull();
  });

  it('of any form is refused or accepted, and never throws', () => {
    const value = fc.oneof(fc.anything(), fc.constantFrom<unknown>('eth0', 'up', 'rscn', true, 3, null, '192.0.2.1'));
    const message = fc.record(
      {
        kind: fc.constantFrom('ready', 'link', 'address', 'fc', 'missed', 'x'),
        ifname: value,
        carrier: value,
        operstate: value,
        address: value,
        present: value,
        hostNo: value,
        event: value,
        data: value,
        fc: value,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(message, fc.anything()), (raw) => {
        const read = readMessage(raw);
        if (read !== null) expect(readMessage(read)).toEqual(read);
      }),
    );
  });
});
