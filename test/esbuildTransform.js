/**
 * Compiles TypeScript for jest, with the compiler that bundles the product. tsc checks the types (`npm run typecheck`).
 */
const { transformSync, version } = require('esbuild');
const { createHash } = require('node:crypto');

module.exports = {
  process: (source, path) => {
    const { code, map } = transformSync(source, {
      loader: 'ts',
      format: 'cjs',
      target: 'node20',
      sourcefile: path,
      sourcemap: 'external',
      sourcesContent: false,
      // The sandbox of jest has no import(), so it becomes a require().
      supported: { 'dynamic-import': false },
    });
    return { code, map };
  },
  getCacheKey: (source, path, { configString }) =>
    createHash('sha256').update([version, path, configString, source].join('\0')).digest('hex'),
};
