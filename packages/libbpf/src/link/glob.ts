/**
 * Patterns of function names: `*` is any run of characters, `?` exactly one, everything else itself.
 */

/** Whether `text` is a pattern at all. */
export function isGlob(text: string): boolean {
  return text.includes('*') || text.includes('?');
}

/**
 * Whether a name matches a pattern.
 *
 * Linear in the name for each `*`: on a mismatch only the last `*` takes one character more.
 */
export function matchesGlob(name: string, pattern: string): boolean {
  let at = 0;
  let inPattern = 0;
  let afterStar = -1;
  let starAt = 0;
  while (at < name.length) {
    const wanted = pattern[inPattern];
    if (wanted === '*') {
      afterStar = ++inPattern;
      starAt = at;
    } else if (wanted === '?' || wanted === name[at]) {
      inPattern++;
      at++;
    } else if (afterStar >= 0) {
      inPattern = afterStar;
      at = ++starAt;
    } else return false;
  }
  while (pattern[inPattern] === '*') inPattern++;
  return inPattern === pattern.length;
}
