/**
 * USDT probes: places that a program marked for tracing, from `.note.stapsdt`.
 *
 * A note's descriptor is three addresses and three strings: the probe, the address that `.stapsdt.base` had when the note
 * was written, the semaphore or 0; then provider, name and argument description. If a prelinker has moved the file since,
 * the section's address differs from the noted one, and probe and semaphore have moved by as much.
 *
 * Source of truth: systemtap's includes/sys/sdt.h and its "UserSpaceProbeImplementation".
 */

import { NT_STAPSDT } from './constants.js';
import { Cursor } from './cursor.js';
import { ElfError } from './errors.js';
import type { ElfNote } from './note.js';
import { readNotes } from './note.js';
import type { ElfFile } from './read-elf.js';
import { addressToFileOffset } from './segment.js';
import { StringTable } from './string-table.js';

/** A USDT probe; a probe that was inlined in several places is there several times. */
export interface ElfUsdtProbe {
  readonly provider: string;
  readonly name: string;
  /** The arguments as the assembler wrote them: `-4@%edi 8@-16(%rbp)`. */
  readonly args: string;
  /** Address of the probe, before any load bias. */
  readonly address: bigint;
  /** Where in the file the probe is; undefined if no PT_LOAD segment holds it. */
  readonly fileOffset: number | undefined;
  /** Address of the counter that the kernel raises while the probe is traced; 0n if it has none. */
  readonly semaphore: bigint;
  /** Where in the file the counter is; undefined if there is none. */
  readonly semaphoreFileOffset: number | undefined;
}

/**
 * All USDT probes of an executable or shared library, in file order.
 *
 * @throws {@link ElfError} `ELF_BAD_NOTE`, `ELF_BAD_STRING`
 */
export function readUsdtProbes(elf: ElfFile): readonly ElfUsdtProbe[] {
  const base = elf.section('.stapsdt.base')?.sh_addr;
  return readNotes(elf, '.note.stapsdt')
    .filter(({ name, type }) => name === 'stapsdt' && type === NT_STAPSDT)
    .map((note) => readProbe(elf, note, base));
}

function readProbe(elf: ElfFile, note: ElfNote, base: bigint | undefined): ElfUsdtProbe {
  const addresses = (elf.is64 ? 8 : 4) * 3;
  const { descriptor, offset } = note;
  if (descriptor.length < addresses) {
    throw new ElfError({
      code: 'ELF_BAD_NOTE',
      offset,
      subject: 'USDT note',
      found: `${descriptor.length} bytes`,
      expected: `at least ${addresses}`,
    });
  }
  const cursor = new Cursor(descriptor, elf, offset, 'USDT note');
  const [noted, notedBase, notedSemaphore] = [cursor.address(), cursor.address(), cursor.address()];
  const moved = base === undefined || notedBase === 0n ? 0n : base - notedBase;
  const address = wrap(elf, noted + moved);
  const semaphore = notedSemaphore === 0n ? 0n : wrap(elf, notedSemaphore + moved);
  const [provider, name, args] = readStrings(descriptor.subarray(addresses), offset + addresses);
  return {
    provider,
    name,
    args,
    address,
    fileOffset: addressToFileOffset(elf, address),
    semaphore,
    semaphoreFileOffset: semaphore === 0n ? undefined : addressToFileOffset(elf, semaphore),
  };
}

function readStrings(bytes: Uint8Array, offset: number): [string, string, string] {
  const strings = new StringTable(bytes, offset, 'the USDT note');
  const provider = strings.at(0, () => ({ subject: 'USDT provider', offset }));
  const nameAt = bytes.indexOf(0) + 1;
  const name = strings.at(nameAt, () => ({ subject: 'USDT probe name', offset }));
  const argsAt = bytes.indexOf(0, nameAt) + 1;
  // The string may be left out if there is no argument.
  const args =
    argsAt < bytes.length ? strings.at(argsAt, () => ({ subject: 'USDT arguments', offset })) : '';
  return [provider, name, args];
}

function wrap({ is64 }: ElfFile, address: bigint): bigint {
  return BigInt.asUintN(is64 ? 64 : 32, address);
}
