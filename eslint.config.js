/**
 * tsc checks the types. This file checks the direction of imports (docs/design.md, "The idea"), and what strict types
 * do not forbid.
 */
const tseslint = require('typescript-eslint');

/** For each folder the folders from which it may import, besides itself. Imports run downwards only. */
const LAYERS = {
  model: [],
  policy: ['model'],
  config: ['model'],
  engine: ['policy', 'config', 'model'],
  kernel: ['policy', 'config', 'model'],
  simulator: ['kernel', 'policy', 'config', 'model'],
  daemon: ['engine', 'kernel', 'policy', 'config', 'model'],
  ipc: ['daemon', 'engine', 'kernel', 'policy', 'config', 'model'],
  cli: ['ipc', 'daemon', 'engine', 'simulator', 'kernel', 'policy', 'config', 'model'],
};

/** Folders that do no I/O: they import nothing of Node except types. */
const PURE = ['model', 'policy', 'config', 'engine'];

const NODE_MODULES = require('node:module').builtinModules.flatMap((name) => [name, `node:${name}`]);

function layer(folder) {
  const allowed = new Set([folder, ...LAYERS[folder]]);
  const forbidden = Object.keys(LAYERS).filter((other) => !allowed.has(other));
  const patterns = forbidden.map((other) => ({
    group: [`**/${other}/**`, `../${other}`, `../../${other}`],
    message: `src/${folder} may not import from src/${other}: imports run downwards only.`,
  }));
  const paths = PURE.includes(folder)
    ? NODE_MODULES.map((name) => ({ name, message: `src/${folder} does no I/O.`, allowTypeImports: true }))
    : [];
  return {
    files: [`src/${folder}/**/*.ts`],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns, paths }] },
  };
}

module.exports = tseslint.config(
  { ignores: ['dist/**', 'build/**', 'node_modules/**', 'coverage/**'] },
  { files: ['src/**/*.ts', 'test/**/*.ts'], extends: [tseslint.configs.recommended] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: __dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // The formatter breaks code. A text stays whole, so that it can be found in the form in which it is printed.
      'max-len': [
        'error',
        { code: 120, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true },
      ],
      // Escaping is about control characters.
      'no-control-regex': 'off',
    },
  },
  // An addon can only be loaded by require().
  {
    files: ['src/kernel/native.ts', 'src/ipc/nativeSockets.ts'],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  ...Object.keys(LAYERS).map(layer),
);
