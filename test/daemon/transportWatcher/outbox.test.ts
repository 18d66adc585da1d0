import { createOutbox, type Outbox } from '../../../src/daemon/transportWatcher/outbox';
import type { TransportHint } from '../../../src/model/transportHint';

interface Rig {
  outbox: Outbox;
  sent: TransportHint[];
  /** Ends the time in which messages are gathered. */
  tick(): void;
  /** The daemon takes in what was sent. */
  take(): void;
  timers(): number;
}

function rig(): Rig {
  const sent: TransportHint[] = [];
  const timers: Array<() => void> = [];
  const done: Array<() => void> = [];
  return {
    sent,
    outbox: createOutbox({
      send: (hint, callback) => {
        sent.push(hint);
        done.push(callback);
      },
      after: (_ms, callback) => void timers.push(callback),
    }),
    tick: () => timers.splice(0).forEach((callback) => callback()),
    take: () => done.splice(0).forEach((callback) => callback()),
    timers: () => timers.length,
  };
}

const link = (ifname: string, carrier = true): TransportHint => ({
  kind: 'link',
  ifname,
  carrier,
  operstate: carrier ? 'up' : 'down',
});

describe('hints on their way', () => {
  it('are collected for a moment, then sent', () => {
    const r = rig();
    r.outbox.add(link('eth0'));
    r.outbox.add({ kind: 'fc', hostNo: 3, event: 'rscn', data: 1 });
    expect(r.sent).toEqual([]);
    expect(r.timers()).toBe(1);
    r.tick();
    expect(r.sent).toEqual([link('eth0'), { kind: 'fc', hostNo: 3, event: 'rscn', data: 1 }]);
  });

  it('of one subject become the last one', () => {
    const r = rig();
    for (let i = 0; i < 1001; i++) r.outbox.add(link('eth0', i % 2 === 0));
    r.outbox.add({ kind: 'fc', hostNo: 3, event: 'rscn', data: 1 });
    r.outbox.add({ kind: 'fc', hostNo: 3, event: 'rscn', data: 2 });
    r.outbox.add({ kind: 'address', ifname: 'eth0', address: '192.0.2.1', present: true });
    r.outbox.add({ kind: 'address', ifname: 'eth0', address: '192.0.2.2', present: true });
    r.tick();
    expect(r.sent).toHaveLength(4);
    expect(r.sent.slice(0, 2)).toEqual([link('eth0', true), { kind: 'fc', hostNo: 3, event: 'rscn', data: 2 }]);
  });

  it('wait until the daemon has taken in the ones before', () => {
    const r = rig();
    r.outbox.add(link('eth0'));
    r.tick();
    for (let i = 0; i < 50; i++) r.outbox.add(link(`eth${i}`, false));
    r.tick();
    expect(r.sent).toHaveLength(1);
    r.take();
    r.tick();
    expect(r.sent).toHaveLength(51);
  });

  it('of more subjects than the bound become one hint: events were missed', () => {
    const r = rig();
    for (let i = 0; i < 5_000; i++) r.outbox.add(link(`veth${i}`));
    r.tick();
    expect(r.sent).toEqual([{ kind: 'missed' }]);
    r.take();
    r.outbox.add(link('eth0'));
    r.tick();
    expect(r.sent.slice(1)).toEqual([link('eth0')]);
  });

  it('are still sent one by one at the bound', () => {
    const r = rig();
    for (let i = 0; i < 64; i++) r.outbox.add(link(`eth${i}`));
    r.tick();
    expect(r.sent).toHaveLength(64);
  });

  it('with missed events among them become one hint: events were missed', () => {
    const r = rig();
    r.outbox.add({ kind: 'missed' });
    r.outbox.add(link('eth0'));
    r.tick();
    expect(r.sent).toEqual([{ kind: 'missed' }]);
  });

  it('set no timer when there is nothing to send', () => {
    const r = rig();
    r.outbox.add(link('eth0'));
    r.tick();
    r.take();
    expect(r.timers()).toBe(0);
  });
});
