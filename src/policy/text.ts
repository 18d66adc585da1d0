const SPACE = ' \t\n\v\f\r';

/** The text without the ASCII white space at its end, which sysfs attributes and answers of devices often have. */
export function chopTrailingSpace(text: string): string {
  let end = text.length;
  while (end > 0 && SPACE.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
