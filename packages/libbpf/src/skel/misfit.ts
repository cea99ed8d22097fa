/**
 * What is said of a value that a field cannot hold.
 */

export function misfit(name: string, value: unknown, expected: string): RangeError {
  return new RangeError(`field "${name}": ${show(value)} does not fit, expected ${expected}`);
}

export function wrongType(name: string, value: unknown, expected: string): TypeError {
  return new TypeError(`field "${name}": ${show(value)} is a ${kind(value)}, expected ${expected}`);
}

function show(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'object' && value !== null)
    return Object.prototype.toString.call(value).slice(8, -1);
  return String(value);
}

function kind(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
