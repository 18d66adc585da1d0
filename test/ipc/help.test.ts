import { commandReference, grammarReply } from '../../src/ipc/help';

/** The lines in the form in which multipathd lists them. */
const LINES = [
  ' list|show paths',
  ' list|show paths format $format',
  ' list|show paths raw format $format',
  ' list|show path $path',
  ' list|show maps|multipaths',
  ' list|show status',
  ' list|show daemon',
  ' list|show maps|multipaths status',
  ' list|show maps|multipaths stats',
  ' list|show maps|multipaths format $format',
  ' list|show maps|multipaths raw format $format',
  ' list|show maps|multipaths topology',
  ' list|show topology',
  ' list|show maps|multipaths json',
  ' list|show map|multipath $map topology',
  ' list|show map|multipath $map format $format',
  ' list|show map|multipath $map raw format $format',
  ' list|show map|multipath $map json',
  ' list|show config local',
  ' list|show config',
  ' list|show blacklist',
  ' list|show devices',
  ' list|show wildcards',
  ' reset maps|multipaths stats',
  ' reset map|multipath $map stats',
  ' add path $path',
  ' remove|del path $path',
  ' add map|multipath $map',
  ' remove|del map|multipath $map',
  ' remove|del maps|multipaths',
  ' switch|switchgroup map|multipath $map group $group',
  ' reconfigure',
  ' reconfigure all',
  ' suspend map|multipath $map',
  ' resume map|multipath $map',
  ' resize map|multipath $map',
  ' reload map|multipath $map',
  ' reset map|multipath $map',
  ' reinstate path $path',
  ' fail path $path',
  ' disablequeueing map|multipath $map',
  ' restorequeueing map|multipath $map',
  ' disablequeueing maps|multipaths',
  ' restorequeueing maps|multipaths',
  ' quit|exit',
  ' shutdown',
  ' getprstatus map|multipath $map',
  ' setprstatus map|multipath $map',
  ' setprstatus map|multipath $map pathlist $pathlist',
  ' unsetprstatus map|multipath $map',
  ' forcequeueing daemon',
  ' restorequeueing daemon',
  ' getprkey map|multipath $map',
  ' setprkey map|multipath $map key $key',
  ' unsetprkey map|multipath $map',
  ' setmarginal path $path',
  ' unsetmarginal path $path',
  ' unsetmarginal map|multipath $map',
  ' getprhold map|multipath $map',
  ' setprhold map|multipath $map',
  ' unsetprhold map|multipath $map',
];

test('every command has its line, with synonyms joined and parameters by name', () => {
  const [version, title, ...lines] = commandReference('1.2.3').split('\n');
  expect(version).toBe('mpathd v1.2.3, commands of multipath-tools v0.14.3');
  expect(title).toBe('CLI commands reference:');
  expect(lines).toEqual([...LINES, '']);
});

test.each([
  ['ESRCH', 'help: not found'],
  ['EINVAL', 'help: Missing argument'],
  ['ENOMEM', 'help: Not enough memory'],
] as const)('%s gives a failure, a reason and the list of commands', (error, reason) => {
  expect(grammarReply('help', error, '1')).toBe(`fail\n${reason}\n${commandReference('1')}`);
});

test('an unknown word that is not the last gives a failure without a reason', () => {
  expect(grammarReply('x paths', 'ENOENT', '1')).toBe('fail\n');
});

test('the reply has the word by which XenServer knows a living daemon', () => {
  expect(grammarReply('help', 'ESRCH', '1')).toContain('switchgroup');
});
