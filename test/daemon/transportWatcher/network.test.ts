import { createNetwork } from '../../../src/daemon/transportWatcher/network';
import type { AddressFact, LinkFact } from '../../../src/daemon/transportWatcher/routeMessages';

const UP: LinkFact = {
  kind: 'link',
  index: 2,
  ifname: 'eth0',
  carrier: true,
  operstate: 'up',
  guestPort: false,
  gone: false,
};
const DOWN: LinkFact = { ...UP, carrier: false, operstate: 'down' };
const GONE: LinkFact = { ...DOWN, operstate: 'notpresent', gone: true };
const ADDRESS: AddressFact = { kind: 'address', index: 2, address: '192.0.2.1', present: true };
const NO_ADDRESS: AddressFact = { ...ADDRESS, present: false };

const LOST = { kind: 'link', ifname: 'eth0', carrier: false, operstate: 'down' };
const BACK = { kind: 'link', ifname: 'eth0', carrier: true, operstate: 'up' };

describe('links', () => {
  it('the state at the start is no news', () => {
    const network = createNetwork();
    network.learn(UP);
    expect(network.observe(UP)).toBeNull();
    expect(network.observe({ ...UP, ifname: 'lan0' })).toBeNull();
  });

  it('a lost carrier and a carrier that is back are news, each once', () => {
    const network = createNetwork();
    network.learn(UP);
    expect([DOWN, DOWN, UP, UP].map(network.observe)).toEqual([LOST, null, BACK, null]);
  });

  it('an interface that goes is a lost carrier if it carried traffic, else no news', () => {
    const network = createNetwork();
    network.learn(UP);
    expect(network.observe(GONE)).toEqual({ ...LOST, operstate: 'notpresent' });
    expect(network.observe(GONE)).toBeNull();
    expect(network.observe(DOWN)).toBeNull();
    expect(network.observe(GONE)).toBeNull();
  });

  it('a new interface is news when it can carry traffic', () => {
    const network = createNetwork();
    expect(network.observe(DOWN)).toBeNull();
    expect(network.observe(UP)).toEqual(BACK);
    expect(createNetwork().observe(UP)).toEqual(BACK);
  });

  it('an event before the first listing is newer than the listing', () => {
    const network = createNetwork();
    network.observe(DOWN);
    network.learn(UP);
    expect(network.observe(UP)).toEqual(BACK);
  });

  it('containers and guests that come and go are no news', () => {
    const network = createNetwork();
    const port = { guestPort: true };
    const life: LinkFact[] = [
      DOWN,
      { ...DOWN, ...port },
      { ...UP, ...port },
      { ...DOWN, ...port },
      { ...UP, ...port },
      GONE,
    ];
    expect(life.map(network.observe)).toEqual(life.map(() => null));
  });

  it('interfaces are distinguished by index, not by name', () => {
    const network = createNetwork();
    network.learn(UP);
    expect(network.observe({ ...DOWN, index: 3 })).toBeNull();
    expect(network.observe(DOWN)).toEqual(LOST);
  });
});

describe('addresses', () => {
  it('are news when they come and when they go, not when their lifetime is renewed', () => {
    const network = createNetwork();
    network.learn(UP);
    const hint = { kind: 'address', ifname: 'eth0', address: '192.0.2.1' };
    expect([ADDRESS, ADDRESS, NO_ADDRESS, NO_ADDRESS].map(network.observe)).toEqual([
      { ...hint, present: true },
      null,
      { ...hint, present: false },
      null,
    ]);
  });

  it('that existed at the start are news when they go', () => {
    const network = createNetwork();
    network.learn(UP);
    network.learn(ADDRESS);
    expect(network.observe(ADDRESS)).toBeNull();
    expect(network.observe(NO_ADDRESS)).toMatchObject({ present: false });
  });

  it('go with their interface', () => {
    const network = createNetwork();
    network.learn(UP);
    network.learn(ADDRESS);
    network.observe(GONE);
    network.observe(UP);
    expect(network.observe(ADDRESS)).toMatchObject({ present: true });
  });

  it('of an unknown interface are reported with its index', () => {
    expect(createNetwork().observe({ ...ADDRESS, index: 17 })).toMatchObject({ ifname: 'if17' });
  });

  it("of a guest's port are no news", () => {
    const network = createNetwork();
    network.learn({ ...UP, guestPort: true });
    expect(network.observe(ADDRESS)).toBeNull();
  });
});
