/** The man page has every command and option that --help has, and troff takes it as it is. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { allCommands } from '../src/main.js';
import { manPage } from '../src/man-page.js';

const test = suite('man page');
const program = await allCommands();
const page = manPage(program);
const hasGroff = spawnSync('groff', ['--version']).status === 0;

/** What a reader sees, without the macros and with every blank the same. */
const plain = page
  .replace(/^\.\w+ ?/gm, '')
  .replace(/\\f[BIR]|\\&/g, '')
  .replace(/\\\(dq/g, '"')
  .replace(/\\e/g, '\\')
  .replace(/\\-/g, '-')
  .replace(/\s+/g, ' ');

test('each command, argument, option and example is there', () => {
  assert.ok(program.commands.length >= 7);
  for (const command of program.commands) {
    const name = `skelgen ${command.name()}`;
    const start = page.indexOf(`.SS "${name} `);
    assert.ok(start !== -1, name);
    const part = page.slice(start, page.indexOf('\n.S', start + 1)).replaceAll('\\-', '-');
    const help = command.helpInformation();
    const flags = [...help.matchAll(/^ {2}(-.*?)(?: {2}|$)/gm)].map(([, found]) => found!);
    assert.ok(flags.length > 0, name);
    for (const flag of flags) assert.match(part, `\\fB${flag}\\fR`, name);
    for (const { description } of [...command.options, ...command.registeredArguments])
      assert.ok(
        plain.toLowerCase().includes(description.replace(/\s+/g, ' ').toLowerCase()),
        description,
      );
    for (const { argChoices } of command.options)
      if (argChoices !== undefined) assert.match(part, `One of ${argChoices.join(', ')}.`);
    assert.match(part, `\n$ `, `${name}: examples`);
  }
});

test('what belongs to every man page', () => {
  const { version, man } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  assert.is(man, './dist/man/skelgen.1');
  assert.match(page, `.TH SKELGEN 1 "" "skelgen ${version}" `);
  for (const title of [
    'NAME',
    'SYNOPSIS',
    'DESCRIPTION',
    'OPTIONS',
    'EXIT STATUS',
    'ENVIRONMENT',
    'EXAMPLES',
    'SEE ALSO',
  ])
    assert.match(page, `\n.SH "${title}"\n`);
});

const check = hasGroff ? test : test.skip;
check(`groff has nothing to say${hasGroff ? '' : ' (it is not installed)'}`, () => {
  const { status, stderr } = spawnSync('groff', ['-man', '-ww', '-z'], {
    input: page,
    encoding: 'utf8',
  });
  assert.is(stderr, '');
  assert.is(status, 0);
  const text = spawnSync('groff', ['-man', '-Tascii', '-P-c'], { input: page, encoding: 'utf8' });
  assert.match(text.stdout, '$ skelgen skeleton runqslower.bpf.o --name runqslower');
});

test.run();
