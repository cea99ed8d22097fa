/** Bytes as a base64 literal, in lines of the formatter's width. */
export function base64Lines(bytes: Uint8Array, width: number): string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += width) lines.push(text.slice(at, at + width));
  return lines;
}
