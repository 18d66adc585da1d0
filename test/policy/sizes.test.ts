import { fitSizes } from '../../src/policy/sizes';
import type { Path } from '../../src/model/path';
import { makePath } from '../fixtures';

const path = (name: string, sizeSectors: number, map: string | null = null): Path =>
  makePath({ name, devt: '8:0', facts: { sizeSectors }, path: { map } });

const names = (paths: readonly Path[]): string[] => paths.map((one) => one.name);

describe('sizes for a new map', () => {
  it('accepts paths that agree', () => {
    expect(names(fitSizes([path('a', 8), path('b', 8)], null).fitting)).toEqual(['a', 'b']);
  });

  it('accepts no path when one differs: two LUNs may share a WWID by mistake', () => {
    const verdict = fitSizes([path('a', 8), path('b', 8), path('c', 16)], null);
    expect(verdict.fitting).toEqual([]);
    expect(names(verdict.refused)).toEqual(['a', 'b', 'c']);
  });
});

describe('sizes against a map', () => {
  it('refuses a path of another size, whether it is in the table or not', () => {
    const verdict = fitSizes([path('a', 8, 'm'), path('b', 16, 'm'), path('c', 16)], 8);
    expect(names(verdict.fitting)).toEqual(['a']);
    expect(names(verdict.refused)).toEqual(['b', 'c']);
  });

  it('accepts all paths when all have grown to the same size', () => {
    const verdict = fitSizes([path('a', 16, 'm'), path('b', 16)], 8);
    expect(names(verdict.fitting)).toEqual(['a', 'b']);
    expect(verdict.resizedTo).toBe(16);
  });

  it('empties no map when no path fits: paths in the table stay, and no path joins', () => {
    const verdict = fitSizes([path('a', 4, 'm'), path('b', 16)], 8);
    expect(names(verdict.fitting)).toEqual(['a']);
    expect(names(verdict.refused)).toEqual(['b']);
  });

  it('gives no verdict without paths', () => {
    expect(fitSizes([], 8)).toEqual({ fitting: [], refused: [], resizedTo: null });
  });
});
