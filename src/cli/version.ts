/** Put in by the bundler from package.json; run from the sources there is none. */
declare const MPATHD_VERSION: string | undefined;

export const VERSION = typeof MPATHD_VERSION === 'string' ? MPATHD_VERSION : '0.0.0-source';
