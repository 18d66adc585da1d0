/** Compares the tables with a fresh snapshot of the kernel, difference by difference. It changes nothing. */
import type { BlockFacts, KernelSnapshot, MapFacts } from '../../model/facts';
import type { Failure } from '../../model/failure';
import { pathKey, wwidOfUuid } from '../../model/identity';
import { parseStatus, parseTable } from '../../policy/table';
import type { CoreContext } from '../core/core';
import { tableDevts } from '../inventory/membership';
import { isPathName } from '../inventory/paths';
import type { InventoryContext } from '../inventory/state';
import type { AuditDifference } from '../protocol';

export interface AuditReport {
  differences: AuditDifference[];
  /** Readings that failed in the snapshot. Their devices count neither as right nor as wrong. */
  unknown: Failure[];
}

export function compareWithKernel(ctx: InventoryContext, snapshot: KernelSnapshot): AuditReport {
  const report: AuditReport = { differences: [], unknown: [] };
  compareBlocks(ctx, snapshot, report);
  compareMaps(ctx, snapshot, report);
  return report;
}

function differ(report: AuditReport, device: string, field: string, tables: string, kernel: string): void {
  if (tables !== kernel) report.differences.push({ device, field, tables, kernel });
}

function compareBlocks(ctx: InventoryContext, snapshot: KernelSnapshot, report: AuditReport): void {
  if (!snapshot.blocks.ok) {
    report.unknown.push(snapshot.blocks.failure);
    return;
  }
  const unread = new Set<string>();
  const seen = new Set<string>();
  for (const { name, reading } of snapshot.blocks.value) {
    if (!isPathName(name)) continue;
    if (reading.ok) {
      seen.add(pathKey(reading.value.devt, reading.value.diskseq));
      compareBlock(ctx, reading.value, report);
    } else {
      unread.add(name);
      report.unknown.push(reading.failure);
    }
  }
  for (const path of ctx.store.paths.values()) {
    if (!seen.has(path.key) && !unread.has(path.name)) differ(report, path.name, 'path', path.key, 'absent');
  }
}

function compareBlock(ctx: InventoryContext, facts: BlockFacts, report: AuditReport): void {
  const key = pathKey(facts.devt, facts.diskseq);
  const path = ctx.store.paths.get(key);
  if (path === undefined) {
    if (!ctx.takenOutPaths.has(key)) differ(report, facts.name, 'path', 'absent', key);
    return;
  }
  differ(report, facts.name, 'name', path.name, facts.name);
  differ(report, facts.name, 'size', `${path.facts?.sizeSectors}`, `${facts.sizeSectors}`);
}

function compareMaps(ctx: CoreContext, snapshot: KernelSnapshot, report: AuditReport): void {
  if (!snapshot.dm.ok) {
    report.unknown.push(snapshot.dm.failure);
    return;
  }
  const seen = new Set<string>();
  for (const { uuid, reading } of snapshot.maps) {
    seen.add(uuid);
    if (reading.ok) compareMap(ctx, reading.value, report);
    else report.unknown.push(reading.failure);
  }
  for (const map of ctx.store.maps.values()) {
    if (!seen.has(map.uuid)) differ(report, map.facts.name, 'map', map.uuid, 'absent');
  }
}

function compareMap(ctx: CoreContext, facts: MapFacts, report: AuditReport): void {
  const ours = facts.targets.length === 0 || (facts.targets.length === 1 && facts.targets[0]?.type === 'multipath');
  const map = ctx.store.maps.get(facts.uuid);
  if (map === undefined) {
    if (ours && wwidOfUuid(facts.uuid) !== null) differ(report, facts.name, 'map', 'absent', facts.uuid);
    return;
  }
  const table = parseTable(facts.targets[0]?.table ?? '');
  const status = table === null ? null : parseStatus(facts.targets[0]?.status ?? '', table);
  differ(report, facts.name, 'name', map.facts.name, facts.name);
  differ(report, facts.name, 'dev_t', map.facts.devt, facts.devt);
  differ(report, facts.name, 'size', sizeOf(map.facts), sizeOf(facts));
  differ(report, facts.name, 'paths', tableDevts(map).join(' '), tableDevts({ ...map, table }).join(' '));
  differ(report, facts.name, 'path states', statesOf(map.status), statesOf(status));
}

const sizeOf = (facts: MapFacts): string => `${facts.targets[0]?.lengthSectors ?? 0}`;

function statesOf(status: ReturnType<typeof parseStatus>): string {
  return (status?.groups ?? []).flatMap((g) => g.paths.map((p) => `${p.devt}=${p.state}`)).join(' ');
}
