/**
 * The kernel's types during one load: its own BTF, those of its modules, and descriptors of the latter, which programs refer to.
 */

import type { Btf, BtfKind, CoreTarget } from '@libbpf-ts/btf';
import { BpfError } from '../errors.js';
import { btfInfo } from '../info/btf-info.js';
import { closeFd } from '../sys/fd.js';
import { type KernelBtf, moduleBtf, moduleNames, vmlinuxBtf } from './kernel-btf.js';
import { findKernelObject } from './kernel-info.js';

/** A module whose types are used. */
export interface ModuleTypes extends KernelBtf {
  /** Descriptor of its BTF, open until the load is done. */
  readonly fd: number;
}

/** A type of the kernel or of one of its modules. */
export interface KernelType {
  readonly btf: Btf;
  readonly id: number;
  /** `undefined` for the kernel proper. */
  readonly module: ModuleTypes | undefined;
}

export class KernelTypes {
  // Strong references: what is parsed lives as long as the load.
  #vmlinux: KernelBtf | undefined;
  #modules: KernelBtf[] | undefined;
  #expected: ReadonlySet<string> | undefined;
  readonly #open = new Map<string, ModuleTypes>();

  get vmlinux(): Btf {
    this.#vmlinux ??= vmlinuxBtf();
    const { btf } = this.#vmlinux;
    if (this.#expected !== undefined) btf.expectNames(this.#expected);
    this.#expected = undefined;
    return btf;
  }

  /** Says what will be looked up, if anything is. */
  expect(names: ReadonlySet<string>): void {
    this.#expected = names;
  }

  /** For CO-RE: the kernel first, its modules only if that is not enough. */
  get targets(): Iterable<CoreTarget> {
    const types = this;
    return {
      *[Symbol.iterator]() {
        yield { name: 'vmlinux', btf: types.vmlinux };
        yield* types.#allModules();
      },
    };
  }

  /**
   * Looks a type up by name.
   *
   * @param only - a module's name, or `vmlinux`, to look nowhere else
   */
  find(name: string, kind: BtfKind, only?: string): KernelType | undefined {
    if (only === undefined || only === 'vmlinux') {
      const id = this.vmlinux.findByNameAndKind(name, kind);
      if (id !== undefined) return { btf: this.vmlinux, id, module: undefined };
      if (only === 'vmlinux') return undefined;
    }
    for (const module of this.#allModules()) {
      if (only !== undefined && module.name !== only) continue;
      const id = module.btf.findOwnByNameAndKind(name, kind);
      if (id !== undefined) return { btf: module.btf, id, module: this.#opened(module) };
    }
    return undefined;
  }

  /** Closes the descriptors. */
  close(): void {
    for (const { fd } of this.#open.values()) closeFd(fd);
    this.#open.clear();
  }

  #allModules(): readonly KernelBtf[] {
    this.#modules ??= moduleNames().flatMap((name) => moduleBtf(name) ?? []);
    return this.#modules;
  }

  #opened(module: KernelBtf): ModuleTypes {
    let open = this.#open.get(module.name);
    if (open === undefined) {
      const fd = findKernelObject('btf', (one) => {
        const info = btfInfo(one);
        return info.isKernel && info.name === module.name;
      });
      if (fd === undefined) {
        throw new BpfError(
          'BPF_NO_KERNEL_BTF',
          `kernel module "${module.name}" has gone since its types were read`,
        );
      }
      open = { ...module, fd };
      this.#open.set(module.name, open);
    }
    return open;
  }
}
