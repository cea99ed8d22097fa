/**
 * What an object file says, before any kernel has seen it: plain data that may be changed until it is loaded.
 */

import type { Btf, BtfExt, CoreRelocation } from '@libbpf-ts/btf';
import type { SectionHandler } from './section-table.js';

/** A whole object. */
export interface ObjectSpec {
  /** From the file's name or given; internal maps are named after its first 8 characters. */
  readonly name: string;
  /** Of section `license`; empty if there is none. */
  readonly license: string;
  /** Of section `version`, 0 if there is none. */
  readonly kernelVersion: number;
  readonly littleEndian: boolean;
  /** As in the file, but for DATASEC sizes and offsets, which the ELF completes; `undefined` if the object has none. */
  readonly btf: Btf | undefined;
  readonly btfExt: BtfExt | undefined;
  /** In libbpf's order: those of `.maps`, then one for each data section, then `.kconfig`, then struct_ops. */
  readonly maps: MapSpec[];
  /** In the order of their sections, then of their offsets. */
  readonly programs: ProgramSpec[];
  /** Functions that are no programs: they go into the programs that call them. */
  readonly subprograms: FunctionSpec[];
  readonly externs: ExternSpec[];
  /** Things worth a warning that do not stop anybody: sections that were skipped, for one. */
  readonly warnings: readonly string[];
}

/** A map that is declared in `.maps`, or made for a section. */
export interface MapSpec {
  /** As in C; for internal maps the kernel's name (`runqslow.rodata`). */
  readonly name: string;
  /** Name of the section an internal map was made for (`.rodata`), else `.maps`. */
  readonly section: string;
  /** `user` for maps of `.maps`; the rest are internal. */
  readonly origin: 'user' | 'data' | 'rodata' | 'bss' | 'kconfig' | 'struct_ops' | 'arena';
  /** The field of the skeleton it is reached by: `events`, `rodata`, `data_custom`. */
  readonly identifier: string;
  /** BPF_MAP_TYPE_*. */
  type: number;
  /** Bytes. */
  keySize: number;
  /** Bytes. */
  valueSize: number;
  maxEntries: number;
  flags: number;
  /** Node to allocate on; `undefined` for any. */
  numaNode: number | undefined;
  mapExtra: bigint;
  ifindex: number;
  /** Types of key and value in the object's BTF, 0 if the map does not say. */
  btfKeyTypeId: number;
  btfValueTypeId: number;
  /** Type of the records in a ring buffer or perf event array, named by `.records`; 0 if the object does not say. */
  recordTypeId: number;
  /** LIBBPF_PIN_BY_NAME. */
  pinByName: boolean;
  /** Set: where to pin it or to find it pinned. */
  pinPath: string | undefined;
  /** Whether it is created at load. */
  autocreate: boolean;
  /** For map-in-map: how the inner maps look. */
  inner: MapSpec | undefined;
  /** Initial slots of a map-in-map (maps by name) or prog array (programs by name). */
  readonly initialSlots: { readonly index: number; readonly name: string }[];
  /** Of an internal map: the section's bytes, changed freely until load. */
  initialValue: Uint8Array | undefined;
  /** Type of the DATASEC of an internal map in the object's BTF, 0 if there is none. */
  readonly dataSectionTypeId: number;
  /** Global variables of an internal map, by offset. */
  readonly variables: readonly VariableSpec[];
  /** Of a struct_ops map: its type and the programs in it. */
  readonly structOps?: StructOpsSpec | undefined;
  /** Descriptor of a map that exists already and is used instead of a new one; it stays its owner's. */
  reuseFd?: number | undefined;
}

/** A struct of function pointers that programs implement. Its other members are the map's `initialValue`. */
export interface StructOpsSpec {
  /** Of the struct in the object's BTF. */
  readonly typeId: number;
  /** Member → name of the program, changed freely until load; a member without one stays NULL. */
  readonly programs: Map<string, string>;
}

/** A global variable. */
export interface VariableSpec {
  readonly name: string;
  /** Bytes from the start of its section. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** In the object's BTF, through the VAR. */
  readonly typeId: number;
  readonly linkage: 'static' | 'global' | 'extern';
  /** Declared `__weak`. */
  readonly weak: boolean;
  /** Hidden or internal visibility counts as static. */
  readonly hidden: boolean;
}

/** A function as compiled: instructions still unrelocated. */
export interface FunctionSpec {
  readonly name: string;
  /** Name of its section. */
  readonly section: string;
  /** ELF index of its section. */
  readonly sectionIndex: number;
  /** Bytes from the start of its section. */
  readonly sectionOffset: number;
  /** 8 bytes an instruction, in the object's byte order; a copy. */
  instructions: Uint8Array;
  relocations: readonly InstructionRelocation[];
  coreRelocations: readonly CoreRelocation[];
  /** Bytes of the function as compiled. */
  readonly compiledSize: number;
  /** Of the FUNC in the object's BTF, 0 if there is none. */
  readonly btfFuncId: number;
  /** Global linkage and default visibility: the kernel verifies it on its own. */
  readonly isGlobal: boolean;
}

/** A program: an entry point for the kernel. */
export interface ProgramSpec extends FunctionSpec {
  /** BPF_PROG_TYPE_*. */
  type: number;
  /** BPF_* attach type. */
  expectedAttachType: number;
  /** The row of the SEC() table it fell under, or `undefined` for a section nobody knows. */
  readonly sectionDefinition: SectionDefinition | undefined;
  /** BPF_F_*: sleepable, frags, … */
  flags: number;
  ifindex: number;
  /** Whether it is loaded with the object; `?` before the section name says no. */
  autoload: boolean;
  /** Whether `attach()` of the skeleton includes it. */
  autoattach: boolean;
  /** What it is attached to, by name, for the types that fix it at load (fentry, tp_btf, lsm, iter, freplace). */
  attachTarget: string | undefined;
  /** Bits of the kernel's log_level for this program alone; `undefined`: as the object is loaded. */
  logLevel?: number | undefined;
  /** Bytes for the kernel's log; `undefined`: as many as it needs. */
  logSize?: number | undefined;
  /** Descriptor of the program that `attachTarget` is a function of (freplace, fentry of BPF), 0 for the kernel. */
  attachProgFd: number;
}

/** A row of the SEC() table. */
export interface SectionDefinition {
  /** Without `?`: `kprobe`, `tp_btf`, `cgroup_skb/ingress`. */
  readonly name: string;
  /** Whether `/extras` may follow (`prefix`), and whether they must (`extras`). */
  readonly match: 'exact' | 'prefix' | 'extras';
  readonly type: number;
  readonly expectedAttachType: number;
  /** The kernel can do without the attach type (older ones must). */
  readonly attachTypeOptional?: boolean;
  readonly needsAttachBtf?: boolean;
  readonly sleepable?: boolean;
  readonly xdpFrags?: boolean;
  /** How `attach()` attaches it; `undefined`: only by a method that names the target. */
  readonly attach?: AttachWay;
  /** Of a custom handler. */
  readonly handlerId?: number;
  readonly handler?: SectionHandler;
}

/** The ways that a section name alone can attach by. */
export type AttachWay =
  | 'kprobe'
  | 'uprobe'
  | 'ksyscall'
  | 'usdt'
  | 'kprobe_multi'
  | 'uprobe_multi'
  | 'tracepoint'
  | 'raw_tracepoint'
  | 'trace'
  | 'lsm'
  | 'iter'
  | 'freplace'
  | 'custom';

/** What an instruction refers to. Offsets in bytes from the start of the function. */
export type InstructionRelocation =
  /** `map` is an index into {@link ObjectSpec.maps}. */
  | { readonly kind: 'map'; readonly offset: number; readonly map: number }
  /** Plus what the instruction's own immediate says. */
  | {
      readonly kind: 'data';
      readonly offset: number;
      readonly map: number;
      readonly valueOffset: number;
    }
  /** A call, or the address of a function (`ld_imm64` of a callback). */
  | {
      readonly kind: 'call';
      readonly offset: number;
      readonly sectionIndex: number;
      readonly target: number;
    }
  | {
      readonly kind: 'function-address';
      readonly offset: number;
      readonly sectionIndex: number;
      readonly target: number;
    }
  /** The table of an indirect jump; `targets` are the places it leads to, in bytes from the start of the function's section. */
  | {
      readonly kind: 'jump-table';
      readonly offset: number;
      readonly targets: readonly number[];
    }
  | { readonly kind: 'extern-call'; readonly offset: number; readonly extern: string }
  | { readonly kind: 'extern-load'; readonly offset: number; readonly extern: string };

/** Something the object expects from outside. */
export interface ExternSpec {
  readonly name: string;
  readonly kind: 'kconfig' | 'ksym';
  readonly weak: boolean;
  /** In the object's BTF: of the FUNC or, for variables, the VAR's type; 0 for typeless ksyms (`void`). */
  readonly typeId: number;
  readonly isFunction: boolean;
  /** kconfig: bytes from the start of the `.kconfig` map. */
  readonly offset: number;
  readonly size: number;
}
