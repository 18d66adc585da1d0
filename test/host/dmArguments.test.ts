/** How the addon's device-mapper functions answer wrong arguments. The kernel is not asked. */
import { loadAddon } from '../../src/kernel/native';

const addon = loadAddon();

const TABLE = { uuid: 'mpath-x', sizeSectors: 8, readOnly: false, targetType: 'multipath', params: '0 0 0 0' };

test.each<[string, keyof typeof addon, unknown[]]>([
  ['type must be a string', 'dmTargetVersion', [1]],
  ['since must be a number', 'dmList', ['1']],
  ['since must be from 0 to 9007199254740991', 'dmList', [-1]],
  ['by must be an object', 'dmRead', ['mpath-x']],
  ['exactly one of uuid and devt is needed', 'dmRead', [{ uuid: 'mpath-x', devt: '253:0' }]],
  ['exactly one of uuid and devt is needed', 'dmRead', [{}]],
  ['uuid must be a string', 'dmRead', [{ uuid: null }]],
  ['devt must be major:minor', 'dmRead', [{ devt: 'sda' }]],
  ['uuidPrefix must be a string', 'dmSnapshot', []],
  ['request must be an object', 'dmCreate', []],
  ['name must be a string', 'dmCreate', [TABLE]],
  ['sizeSectors must be a whole number', 'dmReload', [{ ...TABLE, sizeSectors: 1.5 }]],
  ['readOnly must be a boolean', 'dmReload', [{ ...TABLE, readOnly: 0 }]],
  ['udevFlags must be a number', 'dmReload', [TABLE]],
  ['resume must be a boolean', 'dmReload', [{ ...TABLE, udevFlags: 0, resume: 1 }]],
  ['udevFlags must be from 0 to 65535', 'dmRename', ['mpath-x', 'name', 65536]],
  ['newName must be a string', 'dmRename', ['mpath-x', null, 0]],
  ['message must be a string', 'dmMessage', ['mpath-x', {}]],
])('%s: the promise of %s is rejected for %j', async (message, name, given) => {
  await expect(Reflect.apply(addon[name], addon, given)).rejects.toThrow(message);
});

test.each<[string, unknown[]]>([
  ['cookie must be from 0 to 140737488355327', [2 ** 47, true]],
  ['evenIfPending must be a boolean', [1, 'yes']],
])('%s: dmFinishCookie throws for %j', (message, given) => {
  expect(() => Reflect.apply(addon.dmFinishCookie, addon, given)).toThrow(message);
});
