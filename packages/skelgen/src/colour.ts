/**
 * Colours, on a terminal only and never with NO_COLOR (no-color.org).
 */

/** Red, where standard error is a terminal that wants it. */
export function red(text: string): string {
  return hasColours() ? `\u001b[31m${text}\u001b[39m` : text;
}

/** Whether standard error is a terminal that wants colours. */
export function hasColours(): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0') return true;
  return process.stderr.isTTY === true && TERM !== 'dumb';
}
