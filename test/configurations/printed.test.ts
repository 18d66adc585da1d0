import { configurationFacts, parsePrinted } from '../vm/configurations/printed';

/** Output of `multipath -t` of 0.9.4. */
const PRINTED = `defaults {
	verbosity 2
	prio_args ""
}
blacklist {
	devnode "!^(sd[a-z]|dasd[a-z]|nvme[0-9])"
	wwid "a"
	wwid "b"
	device {
		vendor "SGI"
		product "Universal Xport"
	}
}
devices {
	device {
		vendor "LIO-ORG"
		product "FILEIO"
		revision "^4"
		no_path_retry 4
	}
}
overrides {
	protocol {
		type "nvme:pcie"
		fast_io_fail_tmo off
	}
}
multipaths {
	multipath {
		wwid "333333330000007d0"
		alias "a ""quoted"" alias # no comment"
	}
}
`;

test('every line becomes a fact that names its section and entry', () => {
  expect(Object.fromEntries(configurationFacts(PRINTED))).toEqual({
    'defaults verbosity': '2',
    'defaults prio_args': '',
    'blacklist devnode !^(sd[a-z]|dasd[a-z]|nvme[0-9])': 'is there',
    'blacklist wwid a': 'is there',
    'blacklist wwid b': 'is there',
    'blacklist/device SGI:Universal Xport:': 'is there',
    'blacklist/device SGI:Universal Xport: vendor': 'SGI',
    'blacklist/device SGI:Universal Xport: product': 'Universal Xport',
    'devices/device LIO-ORG:FILEIO:^4': 'is there',
    'devices/device LIO-ORG:FILEIO:^4 vendor': 'LIO-ORG',
    'devices/device LIO-ORG:FILEIO:^4 product': 'FILEIO',
    'devices/device LIO-ORG:FILEIO:^4 revision': '^4',
    'devices/device LIO-ORG:FILEIO:^4 no_path_retry': '4',
    'overrides/protocol nvme:pcie': 'is there',
    'overrides/protocol nvme:pcie type': 'nvme:pcie',
    'overrides/protocol nvme:pcie fast_io_fail_tmo': 'off',
    'multipaths/multipath 333333330000007d0': 'is there',
    'multipaths/multipath 333333330000007d0 wwid': '333333330000007d0',
    'multipaths/multipath 333333330000007d0 alias': 'a "quoted" alias # no comment',
  });
});

test.each([
  ['12.5 | /etc/multipath.conf line 4, invalid keyword', 'not a line'],
  ['}\n}', 'not opened'],
])('what is no printed configuration is an error: %j', (text, message) => {
  expect(() => parsePrinted(text)).toThrow(message);
});

test('comments, as mpathd prints them in the place of a secret, are passed over', () => {
  expect(configurationFacts('defaults {\n\t# reservation_key is set\n\tverbosity 2\n}\n')).toEqual([
    ['defaults verbosity', '2'],
  ]);
});

test('an empty text holds no section', () => {
  expect(parsePrinted('')).toEqual([]);
});
