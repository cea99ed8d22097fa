/**
 * USDT: probes that programs carry with them (`DTRACE_PROBE2(provider, name, x, y)`), often at several places each.
 *
 * Every place gets a uprobe: all of them one link where the kernel has multi-uprobes (6.6), else one each. Which arguments are
 * where is written into the maps of usdt.bpf.h under a number, which the program gets as its attach cookie (5.15), or finds by the
 * address of the instruction. Before 5.15 a position-independent file has to be attached to process by process for that reason.
 * Where a probe has a semaphore, the kernel raises it while the probe is there.
 */

import { type ElfUsdtProbe, ET_EXEC, readUsdtProbes } from '@libbpf-ts/elf';
import { BpfError, didYouMean, SyscallError } from '../errors.js';
import { hasFeature } from '../load/features.js';
import { attachType } from '../open/constants.js';
import {
  type Attachable,
  type Attempt,
  badOption,
  expectType,
  factsOf,
  noTarget,
} from './attachable.js';
import { withElf } from './binary.js';
import { findBinary } from './binary-path.js';
import { BpfLink } from './bpf-link.js';
import { hasProbeLink } from './probe-links.js';
import { codeMappings } from './process-maps.js';
import { attachUprobeAt } from './uprobe.js';
import { createUprobeMulti } from './uprobe-multi.js';
import { parseUsdtArguments, type UsdtArgument } from './usdt-args.js';
import { UsdtSpecs } from './usdt-specs.js';

export interface UsdtOptions {
  /** A path, or the name of a program or library. */
  readonly path: string;
  readonly provider: string;
  readonly name: string;
  /** One process; default: all. 0 is this one. */
  readonly pid?: number;
  /** What bpf_usdt_cookie() gives the program. Any kernel. */
  readonly cookie?: bigint;
}

/** One place of a probe. */
interface Place {
  readonly fileOffset: number;
  readonly semaphoreOffset: number;
  readonly text: string;
  readonly args: readonly UsdtArgument[];
  /** As linked. */
  readonly address: bigint;
}

/**
 * Runs a program at every place of a USDT probe.
 *
 * @throws BpfError `BPF_NO_ATTACH_TARGET` with near matches, `BPF_USDT` if the object was compiled without usdt.bpf.h or its map is
 *   too small for the different argument descriptions
 */
export function attachUsdt(program: Attachable, options: UsdtOptions): BpfLink {
  expectType(program, 'attachUsdt()', ['KPROBE']);
  const path = findBinary(options.path);
  const { provider, name, cookie = 0n } = options;
  const pid = options.pid === 0 ? process.pid : options.pid;
  const what: Attempt = { program, way: `usdt ${path}:${provider}:${name}` };
  const specs = program.owner === undefined ? undefined : UsdtSpecs.of(program.owner);
  if (specs === undefined)
    throw usdtError(what, 'its object has no map "__bpf_usdt_specs"; include bpf/usdt.bpf.h');
  const hasCookies = hasFeature('attachCookie') && hasFeature('perfLink');
  const { places, isFixed } = findPlaces(what, path, provider, name);
  const indexed = places.find(({ args }) => args.some((arg) => arg.place === 'indexed memory'));
  if (indexed !== undefined && !specs.hasIndexedMemory)
    throw usdtError(
      what,
      `arguments "${indexed.text}" need usdt.bpf.h of libbpf 1.7, the object was compiled with an older one`,
    );
  const addressOf = hasCookies ? undefined : addresses(what, path, isFixed, pid);

  const ids = new Map<string, number>();
  const usedAddresses: bigint[] = [];
  const links: BpfLink[] = [];
  const undo = () => {
    for (const address of usedAddresses.splice(0)) specs.removeAddress(address);
    for (const id of ids.values()) specs.remove(id);
    ids.clear();
  };
  try {
    const idOf = (place: Place): number => {
      const known = ids.get(place.text);
      if (known !== undefined) return known;
      const id = specs.add(place.args, cookie);
      if (id === undefined)
        throw usdtError(
          what,
          `its ${places.length} places have more different arguments than map "__bpf_usdt_specs" has room for (${specs.capacity}); define BPF_USDT_MAX_SPEC_CNT higher before including usdt.bpf.h`,
        );
      ids.set(place.text, id);
      return id;
    };
    if (isMulti(program)) {
      const fd = createUprobeMulti(what, {
        path,
        offsets: places.map(({ fileOffset }) => fileOffset),
        referenceCounterOffsets: places.map(({ semaphoreOffset }) => semaphoreOffset),
        cookies: places.map((place) => BigInt(idOf(place))),
        pid,
      });
      return new BpfLink({
        program: program.name,
        way: what.way,
        fds: [fd],
        isKernelLink: true,
        undo,
      });
    }
    for (const place of places) {
      const id = idOf(place);
      const address = addressOf?.(place);
      if (address !== undefined) {
        addAddress(what, specs, address, id);
        usedAddresses.push(address);
      }
      links.push(
        attachUprobeAt(what, {
          path,
          fileOffset: place.fileOffset,
          retprobe: false,
          pid,
          referenceCounterOffset: place.semaphoreOffset,
          cookie: hasCookies ? BigInt(id) : undefined,
          function: name,
        }),
      );
    }
    return BpfLink._join(program.name, what.way, links, undo);
  } catch (error) {
    for (const link of links.reverse()) link.close();
    undo();
    throw error;
  }
}

/** The loader gives USDT programs this type where the kernel has the link. */
function isMulti(program: Attachable): boolean {
  return (
    program.expectedAttachType === attachType('TRACE_UPROBE_MULTI') &&
    hasProbeLink('TRACE_UPROBE_MULTI')
  );
}

function usdtError(what: Attempt, problem: string): BpfError {
  return new BpfError(
    'BPF_USDT',
    `program "${what.program.name}" (${what.way}): ${problem}`,
    factsOf(what),
  );
}

function findPlaces(
  what: Attempt,
  path: string,
  provider: string,
  name: string,
): { places: Place[]; isFixed: boolean } {
  return withElf(what, path, (elf) => {
    const all = readUsdtProbes(elf);
    const found = all.filter((probe) => probe.provider === provider && probe.name === name);
    if (found.length === 0) throw noProbe(what, path, provider, name, all);
    return {
      places: found.map((probe) => placeOf(what, probe)),
      isFixed: elf.header.e_type === ET_EXEC,
    };
  });
}

function placeOf(what: Attempt, probe: ElfUsdtProbe): Place {
  if (probe.fileOffset === undefined)
    throw noTarget(what, `its place 0x${probe.address.toString(16)} is not in the file`);
  if (process.arch !== 'x64' && process.arch !== 'arm64')
    throw badOption(what, `USDT arguments of ${process.arch} are not known`);
  try {
    return {
      fileOffset: probe.fileOffset,
      semaphoreOffset: probe.semaphoreFileOffset ?? 0,
      text: probe.args,
      args: parseUsdtArguments(probe.args, process.arch),
      address: probe.address,
    };
  } catch (cause) {
    throw usdtError(what, (cause as Error).message);
  }
}

function noProbe(
  what: Attempt,
  path: string,
  provider: string,
  name: string,
  all: readonly ElfUsdtProbe[],
): BpfError {
  if (all.length === 0) return noTarget(what, `"${path}" has no USDT probes (no .note.stapsdt)`);
  const wanted = `${provider}:${name}`;
  const names = new Set(all.map((probe) => `${probe.provider}:${probe.name}`));
  return noTarget(
    what,
    `"${path}" has no USDT probe "${wanted}", it has ${names.size} others${didYouMean(wanted, names)}`,
  );
}

/** A place's address in memory: fixed for programs linked to one, else by where the process has mapped the file. */
function addresses(
  what: Attempt,
  path: string,
  isFixed: boolean,
  pid: number | undefined,
): (place: Place) => bigint {
  if (isFixed) return ({ address }) => address;
  if (pid === undefined)
    throw usdtError(
      what,
      'before Linux 5.15 (attach cookies) a library or position-independent program needs a pid',
    );
  const mappings = codeMappings(pid, path);
  if (mappings === undefined) throw noTarget(what, `there is no process ${pid}`);
  return ({ fileOffset }) => {
    const mapping = mappings.find(
      ({ start, end, fileOffset: from }) =>
        fileOffset >= from && BigInt(fileOffset - from) < end - start,
    );
    if (mapping === undefined)
      throw noTarget(what, `process ${pid} has not mapped the code of "${path}"`);
    return mapping.start + BigInt(fileOffset - mapping.fileOffset);
  };
}

function addAddress(what: Attempt, specs: UsdtSpecs, address: bigint, id: number): void {
  try {
    specs.addAddress(address, id);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw usdtError(
      what,
      `its place could not be written to map "__bpf_usdt_ip_to_spec_id" (${cause.code}); define BPF_USDT_MAX_IP_CNT higher before including usdt.bpf.h`,
    );
  }
}
