import { nameInHp3parPage } from '../../src/policy/vendorPage';

const pageOf = (name: string, { code = 0xc0, revision = 4, length = name.length } = {}): Uint8Array => {
  const page = Buffer.alloc(44 + name.length);
  page[1] = code;
  page.writeUInt16BE(40 + name.length, 2);
  page[4] = revision;
  page.writeUInt32BE(length, 40);
  page.write(name, 44, 'latin1');
  return page;
};

test.each<[string, Uint8Array, string]>([
  ['of revision 4', pageOf('vv_db1.0'), 'vv_db1.0'],
  ['of a later revision', pageOf('vv_db1.0', { revision: 255 }), 'vv_db1.0'],
  ['shorter than what follows it', pageOf('vv_db1.0', { length: 6 }), 'vv_db1'],
  ['that a NUL ends', pageOf('db\0\0\0'), 'db'],
  ['with bytes that would steer a terminal', pageOf('a\x1b[31m\xff\n'), 'a?[31m??'],
  ['in a view of a larger buffer', Buffer.concat([Buffer.alloc(7), pageOf('vv')]).subarray(7), 'vv'],
])('the name in a page %s', (_, page, name) => {
  expect(nameInHp3parPage(page)).toEqual({ ok: true, name });
});

test.each<[string, Uint8Array, string]>([
  ['nothing at all', new Uint8Array(), 'it is another page'],
  ['another page', pageOf('vv', { code: 0x83 }), 'it is another page'],
  ['of revision 3', pageOf('vv', { revision: 3 }), 'it is of revision 3'],
  ['cut before the name', pageOf('').subarray(0, 43), 'it has only 43 bytes'],
  ['whose name passes its end by a byte', pageOf('vv', { length: 3 }), 'its name passes its end, 46 bytes'],
  ['whose name has a length of 32 bits', pageOf('vv', { length: 0xffffffff }), 'its name passes its end, 46 bytes'],
  ['with an empty name', pageOf(''), 'its name is empty'],
  ['with a name of NULs', pageOf('\0\0'), 'its name is empty'],
])('a page %s has no name', (_, page, why) => {
  expect(nameInHp3parPage(page)).toEqual({ ok: false, why });
});
