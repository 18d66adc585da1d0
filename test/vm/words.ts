/*
 * The answers of multipathd and mpathd are compared word for word, after wanted differences are removed from both.
 * multipathd is Debian's 0.9.4. If 0.14.3 says more, mpathd follows 0.14.3.
 */
const EXCEPTIONS: readonly { readonly why: string; readonly strip: (text: string) => string }[] = [
  { why: "today's failures have their reason", strip: (text) => text.replace(/^fail\n[^]*/, 'fail\n') },
  {
    why: "checks are scheduled differently: mpathd's first one comes at once, and its interval grows by itself",
    strip: (text) => text.replaceAll(/[X.]{10} \d+\/\d+ */g, 'NEXT').replace(/next_check *\n/, 'next_check\n'),
  },
  {
    why: 'multipathd lists paths as udev enumerates them, mpathd by device number',
    strip: (text) => (/ \|-|`-/.test(text) ? text : text.split('\n').sort().join('\n')),
  },
  {
    why: 'multipathd goes on showing the last action after it is done',
    strip: (text) => text.replaceAll(/^create: /gm, '').replaceAll('|1 alua|create|', '|1 alua||'),
  },
  {
    why: "today's %s of a path has the revision",
    strip: (text) => text.replaceAll('Linux,scsi_debug,0191', 'Linux,scsi_debug'),
  },
];

/** An answer without the wanted differences. */
export const stripped = (text: string): string => EXCEPTIONS.reduce((rest, { strip }) => strip(rest), text);
