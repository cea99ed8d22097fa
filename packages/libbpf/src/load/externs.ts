/**
 * `extern … __ksym`: variables and functions of the kernel, found by address (/proc/kallsyms) or by type (BTF).
 *
 * Rules as in libbpf's bpf_object__resolve_externs: a variable of type void is an address, anything else is looked up in BTF and
 * must have a compatible type; a weak one that is missing reads as NULL, and a call of it is poisoned.
 */

import { type Btf, BtfKind, essentialName, typesAreCompatible } from '@libbpf-ts/btf';
import { BpfError, didYouMean } from '../errors.js';
import type { ExternSpec, ObjectSpec } from '../open/object-spec.js';
import { forEachSymbol, kernelSymbols } from './kallsyms.js';
import { fillKconfig } from './kconfig.js';
import type { KernelType, KernelTypes } from './kernel-types.js';

/** What an extern turned out to be. */
export type ResolvedExtern =
  /** Bytes from the start of the `.kconfig` map. */
  | { readonly kind: 'kconfig'; readonly offset: number }
  | { readonly kind: 'address'; readonly address: bigint }
  | { readonly kind: 'type'; readonly type: KernelType }
  /** Weak, and not there. */
  | { readonly kind: 'missing' };

/** @throws BpfError `BPF_KCONFIG`, `BPF_NO_SUCH_KSYM`, `BPF_NO_SUCH_KFUNC`, `BPF_KSYM_TYPE` */
export function resolveExterns(
  object: ObjectSpec,
  kernel: KernelTypes,
  options: { readonly kconfig?: string | undefined },
): ReadonlyMap<string, ResolvedExtern> {
  const resolved = new Map<string, ResolvedExtern>();
  if (object.externs.length === 0) return resolved;
  const kconfigMap = object.maps.find(({ origin }) => origin === 'kconfig');
  if (kconfigMap !== undefined) fillKconfig(object, kconfigMap, options.kconfig);
  const addresses = addressesOf(object);
  for (const extern of object.externs) {
    const found =
      extern.kind === 'kconfig'
        ? ({ kind: 'kconfig', offset: extern.offset } as const)
        : isTypeless(object, extern)
          ? addresses(extern)
          : typeOf(object, extern, kernel);
    if (found === undefined && !extern.weak) throw notFound(object, extern, kernel);
    resolved.set(extern.name, found ?? { kind: 'missing' });
  }
  return resolved;
}

/** Whether it is declared as `void`. */
export function isTypeless({ btf }: ObjectSpec, extern: ExternSpec): boolean {
  return !extern.isFunction && btf?.resolve(extern.typeId) === 0;
}

function addressesOf(object: ObjectSpec): (extern: ExternSpec) => ResolvedExtern | undefined {
  const names = object.externs.filter((one) => one.kind === 'ksym' && isTypeless(object, one));
  if (names.length === 0) return () => undefined;
  const found = kernelSymbols(new Set(names.map(({ name }) => name)));
  return ({ name }) => {
    const addresses = [...(found.get(name) ?? [])];
    if (addresses.length > 1) {
      const list = addresses.map((address) => `0x${address.toString(16)}`).join(', ');
      throw ksymError('BPF_KSYM_AMBIGUOUS', object, `"${name}" has several addresses: ${list}`);
    }
    return addresses[0] === undefined ? undefined : { kind: 'address', address: addresses[0] };
  };
}

function typeOf(
  object: ObjectSpec,
  extern: ExternSpec,
  kernel: KernelTypes,
): ResolvedExtern | undefined {
  const kind = extern.isFunction ? BtfKind.FUNC : BtfKind.VAR;
  const name = extern.isFunction ? essentialName(extern.name) : extern.name;
  const type = kernel.find(name, kind);
  if (type === undefined) return undefined;
  const local = object.btf!;
  // Of a function the prototype, of a variable what it is behind const and typedef.
  const localId = extern.isFunction
    ? local.sizeOrType(extern.typeId)
    : local.resolve(extern.typeId);
  const targetOwn = type.btf.sizeOrType(type.id);
  const targetId = extern.isFunction ? targetOwn : type.btf.resolve(targetOwn);
  if (typesAreCompatible(local, localId, type.btf, targetId) === true)
    return { kind: 'type', type };
  if (extern.isFunction && extern.weak) return undefined;
  throw ksymError(
    'BPF_KSYM_TYPE',
    object,
    `"${extern.name}" is declared with another type than the kernel's: ${difference(local, localId, type.btf, targetId)}`,
  );
}

/** Where two declarations of one name first differ. */
function difference(local: Btf, localId: number, kernel: Btf, kernelId: number): string {
  const [ours, theirs] = [local.type(localId), kernel.type(kernelId)];
  if (ours.kind !== 'func_proto' || theirs.kind !== 'func_proto')
    return `${local.describe(localId)}, the kernel's is ${kernel.describe(kernelId)}`;
  const [count, wanted] = [ours.parameters.length, theirs.parameters.length];
  if (count !== wanted) return `it takes ${count} arguments, the kernel's ${wanted}`;
  const isOther = (one: number, other: number) =>
    typesAreCompatible(local, one, kernel, other) !== true;
  for (const [index, { typeId }] of ours.parameters.entries()) {
    const parameter = theirs.parameters[index]!;
    if (isOther(typeId, parameter.typeId))
      return `argument ${index + 1} is ${local.describe(typeId)}, the kernel's "${parameter.name}" is ${kernel.describe(parameter.typeId)}`;
  }
  return `it returns ${local.describe(ours.returnTypeId)}, the kernel's ${kernel.describe(theirs.returnTypeId)}`;
}

function notFound(object: ObjectSpec, extern: ExternSpec, kernel: KernelTypes): BpfError {
  const { name } = extern;
  const weak = 'declare it __weak if the program can do without';
  if (isTypeless(object, extern)) {
    return ksymError(
      'BPF_NO_SUCH_KSYM',
      object,
      `"${name}": the running kernel has no symbol of that name (in /proc/kallsyms)${didYouMean(name, symbolNames())}; ${weak}`,
    );
  }
  const kind = extern.isFunction ? BtfKind.FUNC : BtfKind.VAR;
  const names = namesOfKind(kernel, kind);
  if (extern.isFunction) {
    return ksymError(
      'BPF_NO_SUCH_KFUNC',
      object,
      `"${name}": the running kernel and its modules have no function of that name in their BTF${didYouMean(name, names)}; the kernel may be too old for it; ${weak}`,
    );
  }
  return ksymError(
    'BPF_NO_SUCH_KSYM',
    object,
    `"${name}": the running kernel and its modules have no variable of that name in their BTF, where only per-CPU variables are${didYouMean(name, names)}; for its address alone declare it as void; ${weak}`,
  );
}

function symbolNames(): string[] {
  const names: string[] = [];
  forEachSymbol('/proc/kallsyms', (_address, _type, name) => names.push(name));
  return names;
}

/** Names of all functions or variables of the kernel and its modules, for suggestions. */
export function namesOfKind(kernel: KernelTypes, kind: BtfKind): string[] {
  const names: string[] = [];
  for (const { btf } of kernel.targets) {
    for (let id = btf.startId; id < btf.typeCount; id++)
      if (btf.kindOf(id) === kind) names.push(btf.nameOf(id));
  }
  return names;
}

function ksymError(code: string, object: ObjectSpec, problem: string): BpfError {
  return new BpfError(code, `BPF object "${object.name}": extern ${problem}`, {
    object: object.name,
  });
}
