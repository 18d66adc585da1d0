/** Markers for udev's rules, from the daemon's own attempts to make maps. */
import { memoryFile } from '../../src/daemon/bindingsStore';
import type { FailedWwids } from '../../src/daemon/failedWwids';
import { createRuntime } from '../../src/daemon/runtime';
import { createUdevNotices } from '../../src/daemon/udevNotices';
import type { UdevWord } from '../../src/kernel/udevWord';
import { createSimulator } from '../../src/simulator';
import { createVirtualScheduler } from '../simulator/virtualTime';
import { filesOf } from '../configuration';
import { bindingsOf, wwidOf } from '../simulation/rig';

function memoryMarkers(): FailedWwids & { marked: Set<string> } {
  const marked = new Set<string>();
  const answer = (value: boolean): ReturnType<FailedWwids['mark']> => Promise.resolve({ ok: true, value });
  return {
    marked,
    isMarked: (wwid) => answer(marked.has(wwid)),
    mark: (wwid) => answer(!marked.has(wwid) && marked.add(wwid).size > 0),
    unmark: (wwid) => answer(marked.delete(wwid)),
  };
}

test("a map whose paths are in use is marked as failed until it can be made, and udev's rules are asked again each time", async () => {
  const scheduler = createVirtualScheduler();
  const { ports, admin } = createSimulator({ scheduler });
  const failedWwids = memoryMarkers();
  const log: string[] = [];
  // With find_multipaths greedy every disk is a member until the kernel has refused a map of it.
  const members = new Set(['8:0', '8:16', '8:32', '8:48']);
  const asked: string[] = [];
  const udev: UdevWord = {
    isMember: (devt) => Promise.resolve(members.has(devt)),
    askAgain: (devt) => {
      asked.push(devt);
      if (!members.delete(devt)) members.add(devt);
      return Promise.resolve({ ok: true, value: null });
    },
  };
  const runtime = createRuntime({
    kernel: ports,
    bindings: bindingsOf(memoryFile()),
    ...filesOf(),
    onCreation: createUdevNotices(failedWwids, udev),
    udevPresent: true,
    log: (_level, message) => void log.push(message),
    onReady: () => undefined,
  });
  for (const lun of [1, 2]) for (const host of [0, 1]) admin.addDisk({ wwid: wwidOf(lun), hcil: `${host}:0:0:${lun}` });
  admin.claim('sda', true);
  await runtime.start();
  await scheduler.run(5_000);
  expect(runtime.tables.maps.size).toBe(1);
  expect([...failedWwids.marked]).toEqual([wwidOf(1)]);
  expect(asked.splice(0).sort()).toEqual(['8:0', '8:16']);
  admin.claim('sda', false);
  await scheduler.run(120_000);
  expect(runtime.tables.maps.size).toBe(2);
  expect([...failedWwids.marked]).toEqual([]);
  expect(asked.sort()).toEqual(['8:0', '8:16']);
  expect(log.filter((line) => line.includes('marked as failed'))).toHaveLength(2);
  void runtime.stop();
});
