import fc from 'fast-check';
import type { DmListEntry } from '../../src/model/facts';
import { createListings } from '../../src/simulator/listings';

const entry = (devt: string, name: string, eventNr = 0): DmListEntry => ({ name, uuid: `u${name}`, devt, eventNr });

test('a caller that has the last listing gets the changes, any other caller gets the whole list', () => {
  const listings = createListings();
  const [a, b] = [entry('253:0', 'a'), entry('253:1', 'b')];
  expect(listings.next([a, b], null)).toEqual({ number: 1, since: null, devices: [a, b], gone: [] });
  expect(listings.next([a, b], 1)).toEqual({ number: 2, since: 1, devices: [], gone: [] });
  const later = entry('253:0', 'a', 1);
  expect(listings.next([later], 2)).toEqual({ number: 3, since: 2, devices: [later], gone: ['253:1'] });
  expect(listings.next([later], 2)).toEqual({ number: 4, since: null, devices: [later], gone: [] });
  expect(listings.next([later], 0)).toEqual({ number: 5, since: null, devices: [later], gone: [] });
});

test('the changes turn the old list into the new one, whichever answers were lost', () => {
  const device = fc.record({
    name: fc.constantFrom('a', 'b'),
    eventNr: fc.nat({ max: 1 }),
    devt: fc.constantFrom('1:0', '1:1', '1:2'),
  });
  const list = fc
    .uniqueArray(device, { selector: ({ devt }) => devt })
    .map((all) => all.map(({ devt, name, eventNr }) => entry(devt, name, eventNr)));
  fc.assert(
    fc.property(fc.array(fc.record({ list, lost: fc.boolean() }), { maxLength: 20 }), (rounds) => {
      const listings = createListings();
      const asker = new Map<string, DmListEntry>();
      let have: number | null = null;
      for (const round of rounds) {
        const answer = listings.next(round.list, have);
        if (round.lost) continue;
        if (answer.since === null) asker.clear();
        for (const devt of answer.gone) expect(asker.delete(devt)).toBe(true);
        for (const one of answer.devices) asker.set(one.devt, one);
        have = answer.number;
        expect([...asker.values()].sort((x, y) => (x.devt < y.devt ? -1 : 1))).toEqual(
          [...round.list].sort((x, y) => (x.devt < y.devt ? -1 : 1)),
        );
      }
    }),
  );
});
