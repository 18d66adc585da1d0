/** The addon's parser, called from JavaScript. Its own tests are test/native/uevent_parse_*. */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAddon } from '../../src/kernel/native';
import { casesOf, list, number, text } from '../vectors/runner';

const { parseUevent } = loadAddon();

function kernelMessage(...properties: string[]): Buffer {
  return Buffer.from([...properties, ''].join('\0'), 'latin1');
}

const DISK = [
  'add@/devices/x/block/sda',
  'ACTION=add',
  'DEVPATH=/devices/x/block/sda',
  'SUBSYSTEM=block',
  'DEVTYPE=disk',
];

describe('parseUevent', () => {
  it('gives every field of a kernel message', () => {
    expect(
      parseUevent(kernelMessage(...DISK, 'MAJOR=8', 'MINOR=16', 'DISKSEQ=9', 'SEQNUM=77', 'SYNTH_UUID=0'), 1),
    ).toEqual({
      action: 'add',
      devpath: '/devices/x/block/sda',
      subsystem: 'block',
      devtype: 'disk',
      devt: '8:16',
      diskseq: 9,
      seqnum: 77,
      synthUuid: '0',
      env: [
        'ACTION',
        'add',
        'DEVPATH',
        '/devices/x/block/sda',
        'SUBSYSTEM',
        'block',
        'DEVTYPE',
        'disk',
        'MAJOR',
        '8',
        'MINOR',
        '16',
        'DISKSEQ',
        '9',
        'SEQNUM',
        '77',
        'SYNTH_UUID',
        '0',
      ],
    });
  });

  it('gives null for missing fields', () => {
    expect(parseUevent(kernelMessage('add@/devices/x', 'SEQNUM=1'), 1)).toMatchObject({
      subsystem: '',
      devtype: null,
      devt: null,
      diskseq: null,
      synthUuid: null,
    });
  });

  it('keeps numbers exact up to the largest safe integer', () => {
    expect(parseUevent(kernelMessage('add@/d/x', `SEQNUM=${Number.MAX_SAFE_INTEGER}`), 1)?.seqnum).toBe(
      Number.MAX_SAFE_INTEGER,
    );
    expect(parseUevent(kernelMessage('add@/d/x', `SEQNUM=${Number.MAX_SAFE_INTEGER + 1}`), 1)).toBeNull();
  });

  it('replaces bytes that are not UTF-8, and keeps the rest', () => {
    const env = parseUevent(kernelMessage('add@/d/x', 'SEQNUM=1', 'ID_MODEL=a\xffb'), 1)?.env;
    expect(env).toEqual(['SEQNUM', '1', 'ID_MODEL', 'a\ufffdb']);
  });

  it('takes only the own format of each group', () => {
    expect(parseUevent(kernelMessage(...DISK, 'SEQNUM=1'), 2)).toBeNull();
    expect(parseUevent(Buffer.alloc(0), 1)).toBeNull();
    expect(parseUevent(Buffer.alloc(0), 2)).toBeNull();
  });

  it('answers any bytes with an event or null', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(1 as const, 2 as const), (bytes, group) => {
        const event = parseUevent(Buffer.from(bytes), group);
        expect(event === null || event.devpath.startsWith('/')).toBe(true);
      }),
    );
  });

  test.each([
    ['text instead of bytes', 'add@/x', 1],
    ['another group', Buffer.alloc(4), 3],
  ])('refuses %s', (_, message, group) => {
    expect(() => Reflect.apply(parseUevent, undefined, [message, group])).toThrow(/must be/);
  });
});

describe('the numbers of the vectors', () => {
  const vectors = casesOf(JSON.parse(readFileSync(join(__dirname, '../vectors/misc.json'), 'utf8')));
  const cases = vectors.filter(({ op }) => op === 'uevent_number');

  it('exist', () => expect(cases.length).toBeGreaterThan(5));

  it.each(cases.map((c) => [c.id, c] as const))('%s', (_, c) => {
    const variables = list(c['env']).map(text);
    const minor = variables.some((variable) => variable.startsWith('MAJOR=')) ? ['MINOR=0'] : [];
    const event = parseUevent(kernelMessage(...DISK, ...variables, ...minor, 'SEQNUM=1'), 1);
    const wanted = number(c['result']);
    if (c['key'] === 'MAJOR') expect(event?.devt ?? null).toBe(wanted < 0 ? null : `${wanted}:0`);
    // For the daemon any other number is a text.
    else expect(event?.env).toEqual(expect.arrayContaining([text(c['key']), String(wanted)]));
  });
});
