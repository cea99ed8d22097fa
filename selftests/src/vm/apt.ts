/**
 * Debian packages of other releases than the machine's, without touching its apt configuration: a private apt with its own sources,
 * lists and cache under .cache/apt. Which mirror: the one that the machine's own sources name, so no host is named here.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, output, run } from '../command.js';
import { cache } from '../paths.js';

const folder = join(cache, 'apt');
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

export interface Mirrors {
  readonly main: string;
  /** Where security updates come from; a machine need not have it. */
  readonly security: string | undefined;
}

/** The mirrors that this machine's apt is set up with. @throws Error if there is no apt, or none of Debian */
export async function findMirrors(): Promise<Mirrors> {
  if (findProgram('apt-get') === undefined) {
    throw new Error(
      'no apt-get here, which fetches the kernels; give kernels as files with --kernel FILE',
    );
  }
  // Without --no-release-info a machine that never downloaded package lists has no targets.
  const format = [
    '--no-release-info',
    '--format',
    '$(RELEASE) $(REPO_URI)',
    'Created-By: Packages',
  ];
  const lines = (await output('apt-get', ['indextargets', ...format]))
    .toString('utf8')
    .trim()
    .split('\n');
  const targets = lines
    .map((line) => line.split(' '))
    .map(([release = '', uri = '']) => ({ release, uri }));
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  const main =
    targets.find(({ release }) => release === codename) ??
    targets.find(({ uri }) => /\/debian\/?$/.test(uri));
  const security = targets.find(({ release }) => release.endsWith('-security'));
  if (main === undefined) {
    throw new Error(
      "apt's sources name no Debian mirror to fetch kernels from; give kernels as files with --kernel FILE",
    );
  }
  return { main: main.uri, security: security?.uri };
}

/** A private apt that knows `suites`. */
export class PrivateApt {
  readonly #options: readonly string[];

  private constructor(options: readonly string[]) {
    this.#options = options;
  }

  /** Sets it up and downloads the package lists of `suites`; a suite that the mirror does not have is left out. */
  static async open(suites: readonly string[]): Promise<PrivateApt> {
    const mirrors = await findMirrors();
    for (const name of ['state/lists/partial', 'cache/archives/partial', 'packages']) {
      mkdirSync(join(folder, name), { recursive: true });
    }
    const trust = existsSync(keyring) ? `[signed-by=${keyring}] ` : '';
    const lines = [...new Set(suites)].flatMap((suite) => {
      const uri = suite.endsWith('-security') ? mirrors.security : mirrors.main;
      return uri === undefined ? [] : [`deb ${trust}${uri} ${suite} main\n`];
    });
    const sources = join(folder, 'sources.list');
    writeFileSync(sources, lines.join(''));
    const settings = {
      'Dir::State': join(folder, 'state'),
      'Dir::State::status': '/dev/null',
      'Dir::Cache': join(folder, 'cache'),
      // Some images switch the binary caches off; every call would then read all lists again.
      'Dir::Cache::pkgcache': 'pkgcache.bin',
      'Dir::Cache::srcpkgcache': 'srcpkgcache.bin',
      'Dir::Etc::sourcelist': sources,
      'Dir::Etc::sourceparts': '-',
      'APT::Architecture': 'amd64',
      'APT::Architectures': 'amd64',
      'APT::Sandbox::User': 'root',
      'Acquire::Languages': 'none',
      'Acquire::Retries': '3',
    };
    const apt = new PrivateApt(
      Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    );
    const { status, stderr } = await run('apt-get', [...apt.#options, 'update', '-q']);
    if (status !== 0 && !/does not have a Release file|404/.test(stderr)) {
      throw new Error(`apt-get update: exit status ${status}\n${stderr}`);
    }
    return apt;
  }

  /** Every version of a package, newest first, with its dependencies by name. */
  async versions(name: string): Promise<{ version: string; depends: string[] }[]> {
    const { stdout } = await run('apt-cache', [...this.#options, 'show', name]);
    const found = stdout
      .toString('utf8')
      .split('\n\n')
      .flatMap((record) => {
        const version = /^Version: (.*)$/m.exec(record)?.[1];
        const depends = /^Depends: (.*)$/m.exec(record)?.[1] ?? '';
        if (version === undefined) return [];
        return [
          {
            version,
            depends: depends.split(',').map((item) => item.trim().split(/[ |]/)[0] ?? ''),
          },
        ];
      });
    return found.sort((a, b) => compareVersions(b.version, a.version));
  }

  /** Downloads a package. @returns the file */
  async download(name: string): Promise<string> {
    const into = join(folder, 'packages');
    await output('apt-get', [...this.#options, 'download', '-q', name], { cwd: into });
    const file = readdirSync(into).find(
      (entry) => entry.startsWith(`${name}_`) && entry.endsWith('.deb'),
    );
    if (file === undefined) throw new Error(`apt-get download ${name}: no file came`);
    return join(into, file);
  }
}

/** Orders `6.1.192-2` after `6.1.176-1`: runs of digits as numbers, the rest as text. Enough for versions of one package. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.match(/\d+|\D+/g) ?? []);
  for (let i = 0; i < Math.max(left?.length ?? 0, right?.length ?? 0); i++) {
    const [x = '', y = ''] = [left?.[i], right?.[i]];
    const difference =
      /^\d/.test(x) && /^\d/.test(y) ? Number(x) - Number(y) : x < y ? -1 : x > y ? 1 : 0;
    if (difference !== 0) return difference;
  }
  return 0;
}
