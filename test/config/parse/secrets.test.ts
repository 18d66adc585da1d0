/** Secrets of a configuration file stay out of findings, also when their lines are mistyped. */
import { logLine, type Finding } from '../../../src/config/parse/findings';
import { parseConfiguration } from '../../../src/config/parse/parse';

const KEY = 'deadbeefcafe05';

function findingsOf(line: string): Finding[] {
  const text = `defaults {\n ${line}\n}\nmultipaths {\n multipath {\n  wwid 36a\n  ${line}\n }\n}\n`;
  const { findings } = parseConfiguration([{ file: '/etc/multipath.conf', text, main: true }], {
    uid: () => null,
    gid: () => null,
  });
  return findings;
}

test.each([
  `reservation_key=0x${KEY}`,
  `reservation_key:0x${KEY}`,
  `reservation_key0x${KEY}`,
  `reservation_key${KEY}`,
  `reservation_key 0x${KEY}zz`,
  `reservation_key 0x${KEY}${KEY}`,
  `reservation_key 0x ${KEY}`,
  `reservation_key "0x${KEY}`,
  `reservation_key "0x ${KEY}"`,
  `reservation_key x 0x${KEY} # and ${KEY}`,
  `reservation_key = 0x${KEY}`,
  `reservaton_key 0x${KEY} ${KEY}`,
  `reservation_keys=${KEY}`,
  `Reservation_Key=${KEY}`,
  `reservationkey 1 ${KEY}`,
  `0x${KEY}`,
  `"0x${KEY}"`,
  `{ reservation_key ${KEY} }`,
  `reservation_key { ${KEY}`,
  `prio_args=${KEY}`,
  `prio_args hbtl ${KEY}`,
  `prio_args ${KEY} ${KEY}`,
  `prio_arg ${KEY} ${KEY}`,
])('of %s no finding shows the secret', (line) => {
  const findings = findingsOf(line);
  expect(findings.length).toBeGreaterThan(0);
  for (const finding of findings) expect(logLine(finding).toLowerCase()).not.toContain(KEY.slice(0, 8));
  if (/res|prio/i.test(line))
    for (const { text } of findings) expect(text.toLowerCase()).not.toContain(KEY.slice(0, 8));
});

test('what is no secret is quoted as ever', () => {
  expect(findingsOf('polling_interval 5 7').map(logLine)[0]).toContain("'7'");
  expect(findingsOf('poling_interval=5').map(logLine)[0]).toContain('poling_interval=5');
});
