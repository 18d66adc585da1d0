const SPACE = ' \t\n\v\f\r';

/** Without the ASCII white space at the end, as sysfs attributes and device answers carry it. */
export function chopTrailingSpace(text: string): string {
  let end = text.length;
  while (end > 0 && SPACE.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
