/**
 * The mutants: the daemon and its listener with one deliberate break each. A mutant lacks one thing that a promise
 * depends on; the histories must catch every mutant.
 */
export interface Mutant {
  name: string;
  file: string;
  /** A text that is in the file once, and the text that replaces it. */
  from: string;
  to: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a map is dropped when reading it fails with any errno',
    file: 'src/engine/inventory/maps.ts',
    from: "return failure.code === 'KERNEL_ERROR' && failure.errno === 'ENXIO' && failure.operation.startsWith('DM_');",
    to: "return failure.code === 'KERNEL_ERROR' || failure.operation === '';",
  },
  {
    name: 'a path is dropped when reading it fails with any errno',
    file: 'src/engine/inventory/paths.ts',
    from: 'if (saysAbsent(reading.failure)) {',
    to: 'if (saysAbsent(reading.failure) || reading.failure.errno !== null) {',
  },
  {
    name: 'ENOBUFS and the drop counter are taken in and nothing is done',
    file: 'src/engine/resync/resync.ts',
    from: '  requestResync(ctx, cause);\n}\n\nfunction begin',
    to: "  if (cause !== 'overrun' && cause !== 'drops') requestResync(ctx, cause);\n}\n\nfunction begin",
  },
  {
    name: 'the listener ignores ENOBUFS',
    file: 'src/simulator/listener.ts',
    from: "noteLoss(reader, batch, 'overrun', 1);",
    to: 'reader.gaps.forget();',
  },
  {
    name: 'the listener does not read the drop counter',
    file: 'src/simulator/listener.ts',
    from: 'if (drops > reader.reportedDrops) noteLoss',
    to: 'if (drops < reader.reportedDrops) noteLoss',
  },
  {
    name: 'a listener that died and came back is no loss',
    file: 'src/engine/engine.ts',
    from: "if (source === 'kernel' || cause === 'listener-restarted') resync",
    to: "if (source === 'kernel' && cause !== 'listener-restarted') resync",
  },
  {
    name: 'the fence is forgotten',
    file: 'src/engine/resync/resync.ts',
    from: "    resync.phase = 'fencing';\n    sendFence(ctx);",
    to: "    resync.phase = 'fencing';\n    takeSnapshot(ctx);",
  },
  {
    name: 'the drain is forgotten',
    file: 'src/engine/resync/resync.ts',
    from: "  ctx.effects.push({ type: 'drain', token: resync.token });\n  ctx.timers.set('resync-stuck', store.now",
    to: "  onDrained(ctx, resync.token, resync.drops);\n  ctx.timers.set('resync-stuck', store.now",
  },
  {
    name: 'what was lost during a rescan is not looked for again',
    file: 'src/engine/resync/resync.ts',
    from: 'const quiet = drops === resync.drops && !resync.again;',
    to: 'const quiet = true;',
  },
  {
    name: 'an older reading of a disk replaces a newer one',
    file: 'src/engine/inventory/paths.ts',
    from: '  if (asked < path.known) return;\n',
    to: '',
  },
  {
    name: 'an older reading of a map replaces a newer one',
    file: 'src/engine/inventory/maps.ts',
    from: '  if (entry !== undefined && asked < entry.known) return;\n',
    to: '',
  },
  {
    name: 'a snapshot counts as new as its application',
    file: 'src/engine/resync/resync.ts',
    from: '  applySnapshot(ctx, taken);',
    to: '  applySnapshot(ctx, { ...taken, asked: ctx.seq, at: store.now });',
  },
  {
    name: 'what happens while a device is read is not read again',
    file: 'src/engine/core/questions.ts',
    from: 'return pending?.again ?? false;',
    to: 'return false;',
  },
  {
    name: 'maps are keyed by name',
    file: 'src/engine/inventory/maps.ts',
    from: 'const entry = ctx.store.maps.get(facts.uuid);',
    to: 'const entry = ctx.store.mapByName(facts.name);',
  },
  {
    name: 'a remove uevent of a map is believed whatever its sequence number',
    file: 'src/engine/inventory/maps.ts',
    from: 'if (map !== undefined && event.diskseq === map.facts.diskseq) {',
    to: 'if (map !== undefined) {',
  },
  {
    name: 'a synthetic remove is believed',
    file: 'src/engine/inventory/paths.ts',
    from: 'event.devt !== null && event.diskseq !== null && event.synthUuid === null;',
    to: 'event.devt !== null && event.diskseq !== null;',
  },
  {
    name: 'a disk that answers ENOENT late is gone, whatever was seen since',
    file: 'src/engine/inventory/paths.ts',
    from: '  if (asked < path.seenAt || asked < path.eventAt) {',
    to: '  if (asked < 0) {',
  },
  {
    name: 'paths of any size join',
    file: 'src/policy/sizes.ts',
    from: 'const fitting = paths.filter((path) => sizeOf(path) === mapSectors);',
    to: 'const fitting = [...paths];',
  },
  {
    name: 'a map is made of paths of different sizes',
    file: 'src/policy/sizes.ts',
    from: 'return sizes.size <= 1',
    to: 'return sizes.size >= 0',
  },
  {
    name: 'a path that another map holds joins',
    file: 'src/engine/reconcile/freshness.ts',
    from: 'return holder === null;',
    to: 'return true;',
  },
  {
    name: 'readings of any age are fresh',
    file: 'src/engine/reconcile/freshness.ts',
    from: 'return ctx.store.now - readAt <= FRESH_MS;',
    to: 'return ctx.store.now >= readAt - FRESH_MS;',
  },
  {
    name: 'a map is written without being read before',
    file: 'src/engine/reconcile/freshness.ts',
    from: 'if (map.readAt === ctx.seq) return true;',
    to: 'if (map.readAt <= ctx.seq) return true;',
  },
  {
    name: 'a map that matches is loaded again',
    file: 'src/engine/reconcile/table.ts',
    from: '  if (!isDisordered(ctx, map, have, wanted)) return null;\n',
    to: '',
  },
  {
    name: 'two writes to one map at a time',
    file: 'src/engine/reconcile/reconcile.ts',
    from: 'if (ctx.writes.has(map.uuid) || map.stale !== null ||',
    to: 'if (map.stale !== null ||',
  },
  {
    name: 'a map in use is removed with its last path',
    file: 'src/engine/reconcile/emptyMap.ts',
    from: 'const isUsed = map.facts.openCount > 0;',
    to: 'const isUsed = map.facts.openCount < 0;',
  },
  {
    name: 'queueing ends although a path works',
    file: 'src/engine/reconcile/queueing.ts',
    from: "return state === 'active' ? 'usable' :",
    to: "return state === 'active' ? 'down' :",
  },
  {
    name: 'a map does not queue again when a path works again',
    file: 'src/engine/reconcile/queueing.ts',
    from: 'if (wanted === null || wanted === isQueueing(map)) return null;',
    to: 'if (wanted !== false || wanted === isQueueing(map)) return null;',
  },
  {
    name: 'a stale map is not read again',
    file: 'src/engine/inventory/maps.ts',
    from: '  ctx.timers.set(`map ${map.uuid}`, map.stale.retryAt);\n',
    to: '',
  },
  {
    name: 'a stale path is not read again',
    file: 'src/engine/inventory/paths.ts',
    from: '  ctx.timers.set(`block ${path.name}`, path.stale.retryAt);\n',
    to: '',
  },
  {
    name: 'a map that was left half made stays so',
    file: 'src/engine/reconcile/incompleteMap.ts',
    from: '  if (since === null) return null;\n',
    to: '  if (since === null || since >= 0) return null;\n',
  },
  {
    name: 'a late answer brings back what was removed',
    file: 'src/engine/core/tombstones.ts',
    from: 'return at !== undefined && at > asked;',
    to: 'return at !== undefined && at < 0 && at > asked;',
  },
  {
    name: 'no disk is asked which LUN it leads to',
    file: 'src/engine/health/lunIdentity.ts',
    from: '  return path.facts !== null && identityCopyOf(path.facts) !== null;',
    to: "  return path.facts?.bus === 'ccw' && identityCopyOf(path.facts) !== null;",
  },
  {
    name: 'a disk that does not say which LUN it leads to counts as one that does',
    file: 'src/engine/health/lunIdentity.ts',
    from: '  path.live.unanswered = true;\n',
    to: "  path.live.answeredTime = ctx.store.now;\n  onProved(ctx, path, ctx.seq, '');\n",
  },
  {
    name: 'a unit attention does not have the LUN asked who it is',
    file: 'src/engine/health/lunIdentity.ts',
    from: 'if (path !== undefined && LUN_MAY_DIFFER.has(attention)) recheckWwid(ctx, path);',
    to: "if (path !== undefined && attention === '') recheckWwid(ctx, path);",
  },
  {
    name: 'the kernel is not asked to look at a LUN that is another',
    file: 'src/engine/health/lunIdentity.ts',
    from: '  requestRescan(ctx, path);\n',
    to: '  if (path.live.otherWwid === null) requestRescan(ctx, path);\n',
  },
  {
    name: 'identity: a disk is asked only after a sign',
    file: 'src/engine/health/checks.ts',
    from: 'identity: path.facts === null ? null : identityCopyOf(path.facts),',
    to: "identity: path.facts === null || path.facts.bus === 'scsi' ? null : identityCopyOf(path.facts),",
  },
  {
    name: 'identity: a page that a check has brought is not judged',
    file: 'src/engine/health/lunIdentity.ts',
    from: 'return onPage(ctx, path, asked, identity.page);',
    to: "return onProved(ctx, path, asked, '');",
  },
  {
    name: 'identity: a check that began before the copy changed proves the LUN',
    file: 'src/engine/health/lunIdentity.ts',
    from: '      if (asked < path.live.copiedAt) return;\n      path',
    to: '      asked = Math.max(asked, ctx.seq);\n      path',
  },
  {
    name: 'identity: paths that contradict each other get a map',
    file: 'src/engine/reconcile/createMap.ts',
    from: 'fitSizes(ofOneLun(ctx, wwid, paths), null)',
    to: 'fitSizes(ofOneLun(ctx, wwid, []).concat(paths), null)',
  },
  {
    name: 'identity: a path that contradicts a map joins it',
    file: 'src/engine/reconcile/oneLun.ts',
    from: '      found.joining = found.joining.filter((one) => one !== path);\n',
    to: '',
  },
  {
    name: 'identity: a member that contradicts the others of its map stays',
    file: 'src/engine/reconcile/oneLun.ts',
    from: 'if ([path, than].map((one) => isJustRead(ctx, one)).includes(false)) {',
    to: "if (isJustRead(ctx, path) || path.key !== '') {",
  },
  {
    name: 'identity: only NAA names contradict each other',
    file: 'src/policy/oneLun.ts',
    from: 'const than = compared.find((one) => compare(one, path)',
    to: "const than = compared.find((one) => path.wwid?.startsWith('3') === true && compare(one, path)",
  },
  {
    name: 'a blacklist takes the last paths out of a map that is in use',
    file: 'src/engine/reconcile/members.ts',
    from: 'if (map.facts.openCount === 0 || !found.leaving.some',
    to: 'if (map.facts.openCount >= 0 || !found.leaving.some',
  },
  {
    name: 'a map that was open when its last path went is never looked at again',
    file: 'src/engine/reconcile/emptyMap.ts',
    from: 'ctx.timers.setSooner(`map ${map.uuid}`, ctx.store.now + ctx.polling.intervalMs);\n',
    to: '',
  },
  {
    name: 'while a table is refused its paths are neither failed nor reinstated',
    file: 'src/engine/reconcile/reconcile.ts',
    from: "if (held !== null && held !== 'reload' && held !== 'create') return false;",
    to: 'if (held !== null) return false;',
  },
  {
    name: 'a map that a dead daemon left suspended stays so',
    file: 'src/engine/inventory/maps.ts',
    from: '!(left && facts.suspended)',
    to: '!(left && facts.suspended && map.uuid === "")',
  },
  {
    name: 'a map that a dead daemon left suspended stays so if the kernel refuses its table',
    file: 'src/engine/reconcile/incompleteMap.ts',
    from: 'resume: map.halfMadeSince === WRITER_IS_DEAD,',
    to: 'resume: map.table.groups.length < 0,',
  },
  {
    name: 'a table that a dead daemon loaded and did not make live stays loaded',
    file: 'src/engine/reconcile/incompleteMap.ts',
    from: 'return map.table === null ? giveTable(ctx, map) : dropLoaded(ctx, map);',
    to: 'return map.table === null ? giveTable(ctx, map) : map.facts.hasInactiveTable ? null : dropLoaded(ctx, map);',
  },
  {
    name: 'each of many reconfigures has the files read for itself',
    file: 'src/engine/commands/reconfigure.ts',
    from: '  if (first === undefined || first.reading) return;',
    to: '  if (first === undefined) return;',
  },
  {
    name: 'a map waits for its alias from the bindings file, whatever happens to its paths',
    file: 'src/engine/reconcile/reconcile.ts',
    from: 'if (ctx.writes.has(map.uuid) || map.stale',
    to: 'if (ctx.naming.has(map.uuid) || ctx.writes.has(map.uuid) || map.stale',
  },
  {
    name: 'the pause before the next try of a write outlives its LUN',
    file: 'src/engine/reconcile/createMap.ts',
    from: '  ctx.work.delete(wwid);\n  ctx.takenOutMaps.delete(wwid);\n  ctx.timers',
    to: '  ctx.takenOutMaps.delete(wwid);\n  ctx.timers',
  },
  {
    name: 'that somebody removed a map is kept after its LUN is gone',
    file: 'src/engine/reconcile/createMap.ts',
    from: '  ctx.work.delete(wwid);\n  ctx.takenOutMaps.delete(wwid);\n  ctx.timers',
    to: '  ctx.work.delete(wwid);\n  ctx.timers',
  },
  {
    name: 'a map that is in no list any more stays disputed',
    file: 'src/engine/inventory/listing.ts',
    from: 'store.maps.keys(), ...listing.disputed]);',
    to: 'store.maps.keys()]);',
  },
];

/** The mutants with all these words in their names; without words all. */
export const mutantsWith = (words: readonly string[]): readonly Mutant[] =>
  MUTANTS.filter(({ name }) => words.every((word) => name.includes(word)));
