/** The bundler sets it from package.json. If mpathd runs from the sources, it is not defined. */
declare const MPATHD_VERSION: string | undefined;

export const VERSION = typeof MPATHD_VERSION === 'string' ? MPATHD_VERSION : '0.0.0-source';
