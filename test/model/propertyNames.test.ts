import { namesOfRecord, propertyNames } from '../../src/model/propertyNames';

test.each([[[]], [['ID_SERIAL']], [['ID_WWN', 'ID_SERIAL', 'A.B-c']], [['__proto__', 'constructor']]])('the names %j in their order', (names) => {
  const record = Object.fromEntries(names.map((name) => [name, 'x']));
  expect(propertyNames({ udevNames: namesOfRecord(record) })).toEqual(names);
});
