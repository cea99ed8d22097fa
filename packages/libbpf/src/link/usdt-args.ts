/**
 * Where the arguments of a USDT probe are: `-4@-20(%rbp) 8@%rax 4@$5`, as the compiler wrote it into the note, by architecture.
 *
 * Each is SIZE@PLACE, the size negative if the value is signed. Places on x86-64: `$number`, `%register`, `disp(%register)`,
 * `disp(%base,%index,scale)`; on arm64: `number`, `register`, `[register]`, `[register, disp]`. What bpf_usdt_arg() needs is the
 * register's offset in `struct pt_regs` (x86: arch/x86/include/asm/ptrace.h, arm64: struct user_pt_regs).
 */

/** How to get at one argument. */
export interface UsdtArgument {
  readonly place: 'constant' | 'register' | 'memory' | 'indexed memory';
  /** The constant, or what is added to the register. */
  readonly value: bigint;
  /** In pt_regs, of the register. */
  readonly registerOffset: number;
  /** In pt_regs, of the index register. */
  readonly indexOffset: number;
  /** The index register counts times 1 << this. */
  readonly scaleShift: number;
  readonly signed: boolean;
  /** Bytes: 1, 2, 4 or 8. */
  readonly size: number;
}

export type UsdtArchitecture = 'x64' | 'arm64';

/** The most that a probe can have: BPF_USDT_MAX_ARG_CNT. */
export const MAX_USDT_ARGUMENTS = 12;

/**
 * The arguments of a probe.
 *
 * @param text - the note's third string
 * @throws an `Error` that says which argument is not understood
 */
export function parseUsdtArguments(text: string, architecture: UsdtArchitecture): UsdtArgument[] {
  const parse = architecture === 'x64' ? parseX64Place : parseArm64Place;
  const found: UsdtArgument[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const match = /^([^@\s]+)@(\[[^\]]*\]|\S*?\([^)]*\)|\S+)\s*/.exec(rest);
    const place = match === null ? undefined : parse(match[2]!.replace(/\s+/g, ''));
    const size = match === null ? undefined : parseSize(match[1]!);
    if (match === null || place === undefined || size === undefined)
      throw new Error(
        `USDT argument ${found.length} of "${text.trim()}" is not understood: "${match?.[0].trim() ?? rest}"`,
      );
    found.push({ ...NOWHERE, ...place, ...size });
    rest = rest.slice(match[0].length);
  }
  if (found.length > MAX_USDT_ARGUMENTS)
    throw new Error(
      `USDT arguments "${text.trim()}": found ${found.length}, expected at most ${MAX_USDT_ARGUMENTS}`,
    );
  return found;
}

type Place = Pick<UsdtArgument, 'place'> & Partial<UsdtArgument>;

const NOWHERE = { value: 0n, registerOffset: 0, indexOffset: 0, scaleShift: 0 };

function parseSize(text: string): { size: number; signed: boolean } | undefined {
  const size = Math.abs(Number(text));
  if (![1, 2, 4, 8].includes(size)) return undefined; // "4f" is a float: no program can have it
  return { size, signed: text.startsWith('-') };
}

function parseX64Place(text: string): Place | undefined {
  const constant = /^\$([-+]?\w+)$/.exec(text);
  if (constant !== null) return number(constant[1]!, (value) => ({ place: 'constant', value }));
  const direct = /^%(\w+)$/.exec(text);
  if (direct !== null) {
    const registerOffset = X64_REGISTERS.get(direct[1]!);
    return registerOffset === undefined ? undefined : { place: 'register', registerOffset };
  }
  const memory = /^([-+]?\w+)?\((?:%(\w+))?(?:,%(\w+)(?:,([1248]))?)?\)$/.exec(text);
  if (memory === null) return undefined;
  const [, displacement, base, index, scale] = memory;
  const registerOffset = X64_REGISTERS.get(base ?? '');
  if (registerOffset === undefined) return undefined;
  return number(displacement ?? '0', (value) => {
    if (index === undefined) return { place: 'memory', value, registerOffset };
    const indexOffset = X64_REGISTERS.get(index);
    if (indexOffset === undefined) return undefined;
    const scaleShift = Math.log2(Number(scale ?? 1));
    return { place: 'indexed memory', value, registerOffset, indexOffset, scaleShift };
  });
}

function parseArm64Place(text: string): Place | undefined {
  const memory = /^\[(\w+)(?:,#?([-+]?\w+))?\]$/.exec(text);
  if (memory !== null) {
    const registerOffset = arm64Register(memory[1]!);
    if (registerOffset === undefined) return undefined;
    return number(memory[2] ?? '0', (value) => ({ place: 'memory', value, registerOffset }));
  }
  const registerOffset = arm64Register(text);
  if (registerOffset !== undefined) return { place: 'register', registerOffset };
  return number(text.replace(/^#/, ''), (value) => ({ place: 'constant', value }));
}

function arm64Register(name: string): number | undefined {
  if (name === 'sp') return 31 * 8;
  const match = /^[xw](\d{1,2})$/.exec(name);
  const index = match === null ? 31 : Number(match[1]);
  return index <= 30 ? index * 8 : undefined;
}

function number(text: string, make: (value: bigint) => Place | undefined): Place | undefined {
  const match = /^([-+]?)(\d+|0x[0-9a-fA-F]+)$/.exec(text);
  if (match === null) return undefined;
  const value = BigInt(match[2]!);
  return make(match[1] === '-' ? -value : value);
}

/** All names of a register → its offset in pt_regs. */
const X64_REGISTERS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    r15: 0,
    r14: 8,
    r13: 16,
    r12: 24,
    bp: 32,
    bx: 40,
    r11: 48,
    r10: 56,
    r9: 64,
    r8: 72,
    ax: 80,
    cx: 88,
    dx: 96,
    si: 104,
    di: 112,
    ip: 128,
    sp: 152,
  }).flatMap(([name, offset]): [string, number][] => namesOf(name).map((one) => [one, offset])),
);

function namesOf(name: string): string[] {
  if (name.startsWith('r')) return [name, `${name}d`, `${name}w`, `${name}b`];
  const low = name.endsWith('x') ? `${name[0]}l` : `${name}l`;
  return [`r${name}`, `e${name}`, name, low];
}
