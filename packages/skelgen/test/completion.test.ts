/** Completion in the shells themselves. A shell that is not installed is skipped. */

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { completionScript, type Shell } from '../src/completion/scripts.js';
import { fixtures } from './modules.js';

const test = suite('completion');
let folder: string;

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'skelgen-completion-'));
  mkdirSync(join(folder, 'bin'));
  const home = fileURLToPath(new URL('..', import.meta.url));
  execFileSync(process.execPath, ['build.mjs'], { cwd: home });
  const command = join(folder, 'bin/skelgen');
  writeFileSync(command, `#!/bin/sh\nexec ${process.execPath} ${home}bin/skelgen.js "$@"\n`);
  chmodSync(command, 0o755);
  mkdirSync(join(folder, 'bpf'));
  for (const name of ['app.bpf.o', 'app.bpf.c', 'readme.txt'])
    writeFileSync(join(folder, name), '');
  execFileSync('cp', [join(fixtures, 'shapes.bpf.o'), join(folder, 'app.bpf.o')]);
  for (const shell of ['bash', 'zsh', 'fish'] as const)
    writeFileSync(join(folder, `skelgen.${shell}`), completionScript(shell));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** How each shell is asked what it would offer after a command line. */
const ASK: Readonly<Record<Shell, (line: string) => string[]>> = {
  bash: (line) => [
    '-c',
    `source skelgen.bash
     # As the shell splits a line: at blanks, and before and after =.
     read -ra COMP_WORDS <<< "$(sed 's/=/ = /g' <<< "$1")"
     [[ $1 == *' ' || $1 == *= ]] && COMP_WORDS+=("")
     COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
     [[ $1 == *= ]] && { unset "COMP_WORDS[COMP_CWORD]"; COMP_CWORD=$(( COMP_CWORD - 1 )); }
     compopt() { :; }
     _skelgen
     printf '%s\\n' "\${COMPREPLY[@]}"`,
    'bash',
    line,
  ],
  zsh: (line) => [
    '-f',
    '-c',
    `compdef() { :; }
     source ./skelgen.zsh
     compadd() { while [[ $1 != -a ]]; do shift; done; print -l -- \${(P)2}; }
     _files() { if [[ $1 == -g ]]; then print -l -- \${~2}(N) *(N/); elif [[ $1 == -/ ]]; then print -l -- *(N/); else print -l -- *(N); fi; }
     words=(\${=1}); [[ $1 == *' ' ]] && words+=('')
     CURRENT=\${#words}
     _skelgen`,
    'zsh',
    line,
  ],
  fish: (line) => ['--no-config', '-c', `source skelgen.fish; complete -C ${JSON.stringify(line)}`],
};

function offered(shell: Shell, line: string): string[] {
  const path = `${join(folder, 'bin')}:${process.env['PATH']}`;
  const { stdout, stderr, status } = spawnSync(shell, ASK[shell](line), {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PATH: path, HOME: folder },
  });
  assert.is(status, 0, stderr);
  return stdout
    .split('\n')
    .map((word) => word.split('\t')[0]!.replace(/\/$/, ''))
    .filter((word) => word !== '')
    .sort();
}

/** What is typed, what must be offered, and what must not. */
const CASES: readonly [line: string, expected: readonly string[], not: readonly string[]][] = [
  ['skelgen ', ['skeleton', 'subskeleton', 'build', 'btf', 'inspect', 'verify', 'completion', 'help'], ['__complete']],
  ['skelgen sk', ['skeleton'], ['build', 'subskeleton']],
  ['skelgen gen s', ['skeleton', 'subskeleton'], ['build']],
  ['skelgen skeleton --l', ['--lang'], ['--embed']],
  ['skelgen skeleton --lang ', ['ts', 'c'], ['--lang']],
  ['skelgen completion ', ['bash', 'zsh', 'fish'], []],
  ['skelgen skeleton ', ['app.bpf.o', 'bpf'], ['app.bpf.c', 'readme.txt']],
  ['skelgen build ', ['app.bpf.c', 'bpf'], ['app.bpf.o', 'readme.txt']],
  ['skelgen build app.bpf.c -I ', ['bpf'], ['app.bpf.c']],
  ['skelgen skeleton app.bpf.o --type ever', ['everything'], ['point']],
  ['skelgen btf app.bpf.o --root poi', ['point'], ['everything']],
  ['skelgen skeleton app.bpf.o --records un', ['untyped='], ['by_key=']],
  ['skelgen help b', ['build', 'btf'], ['skeleton']],
]; // biome-ignore format: a table

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  const has = spawnSync(shell, ['--version']).status === 0;
  const add = has ? test : test.skip;
  add(has ? `in ${shell}` : `in ${shell} (it is not installed)`, () => {
    for (const [line, expected, not] of CASES) {
      const found = offered(shell, line);
      for (const word of expected) assert.ok(found.includes(word), `${line}: ${word} in ${found}`);
      for (const word of not) assert.not.ok(found.includes(word), `${line}: ${word} in ${found}`);
    }
    // After an equals sign bash completes what follows it alone.
    const whole = shell === 'bash' ? '' : '--lang=';
    assert.ok(offered(shell, 'skelgen skeleton --lang=t').includes(`${whole}ts`), shell);
    const type = shell === 'bash' ? 'point' : 'untyped=point';
    assert.ok(
      offered(shell, 'skelgen skeleton app.bpf.o --records untyped=poi').includes(type),
      shell,
    );
  });
}

test.run();
