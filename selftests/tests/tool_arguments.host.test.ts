// The tools' command lines: what they refuse, what they explain, and what they say without root.

import { spawnSync } from 'node:child_process';
import { assert, test } from '#harness';
import { toolBundle, tools } from '#paths';

function runTool(name: string, args: readonly string[], encoding: BufferEncoding = 'utf8') {
  return spawnSync(process.execPath, [toolBundle(name), ...args], { encoding, timeout: 20_000 });
}

/** Arguments, and what the line must name. */
const wrong: readonly [tool: string, args: string, said: RegExp][] = [
  ['runqslower', '-p x', /'-p, --pid <PID>' argument 'x' is invalid.* a process id above 0/],
  ['runqslower', '-p 0', /'-p, --pid <PID>' argument '0' is invalid/],
  ['runqslower', '--pid=-3', /'-p, --pid <PID>' argument '-3' is invalid/],
  ['runqslower', '-t 12x', /'-t, --tid <TID>' argument '12x' is invalid.* a thread id above 0/],
  ['runqslower', '-t 4294967296', /'-t, --tid <TID>' argument '4294967296' is invalid/],
  ['runqslower', '-p 1 -t 1', /'-t, --tid <TID>' cannot be used with option '-p, --pid <PID>'/],
  ['runqslower', '-c sixteen_bytes___', /'-c, --comm <COMM>'.* 1 to 15/],
  ['runqslower', '-d 0', /'-d, --duration <SECONDS>' argument '0' is invalid/],
  ['runqslower', 'soon', /'soon' is invalid for argument 'min_us'/],
  ['runqslower', '1.5', /'1.5' is invalid for argument 'min_us'/],
  ['runqslower', '-- -1', /'-1' is invalid for argument 'min_us'/],
  ['runqslower', '1 2', /too many arguments/],
  ['runqslower', '--frob', /unknown option '--frob'/],
  ['runqslower', '-p', /option '-p, --pid <PID>' argument missing/],
  ['execsnoop', '-u me', /'-u, --uid <UID>' argument 'me' is invalid/],
  ['execsnoop', '-d 0', /'-d, --duration <SECONDS>' argument '0' is invalid/],
  ['execsnoop', 'all', /too many arguments/],
  ['runqlat', '-i 0', /'-i, --interval <SECONDS>' argument '0' is invalid/],
  ['runqlat', '-n -1', /'-n, --count <N>' argument '-1' is invalid/],
  ['runqlat', '-p 1e3', /'-p, --pid <PID>' argument '1e3' is invalid/],
];

for (const [name, args, said] of wrong) {
  test(`${name} ${args}: one line that names it, usage, status 2`, () => {
    const { status, stdout, stderr } = runTool(name, args.split(' '));
    const [line = '', blank, usage] = stderr.split('\n');
    assert.deepEqual({ status, stdout, blank }, { status: 2, stdout: '', blank: '' });
    assert.match(line, said);
    assert.ok(usage?.startsWith(`Usage: ${name} [options]`), stderr);
  });
}

for (const name of tools) {
  test(`${name} --help shows every option, and examples`, () => {
    const { status, stdout, stderr } = runTool(name, ['--help']);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    assert.match(stdout, /^Usage: .*\n[\s\S]*\nOptions:\n[\s\S]*\nExamples:\n/);
    assert.ok(stdout.includes('--json') && stdout.includes('--help'), stdout);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
  });

  test(`${name} without rights says so in a line, status 1`, () => {
    // Still root, who alone may read a checkout below /root, but one without capabilities.
    const limits = ['--bounding-set=-all', '--inh-caps=-all', process.execPath, toolBundle(name)];
    const { status, stdout, stderr } = spawnSync('setpriv', limits, { encoding: 'utf8' });
    assert.deepEqual({ status, stdout }, { status: 1, stdout: '' });
    assert.match(
      stderr,
      new RegExp(`^${name}: .*\\bEPERM\\b.*give the container these capabilities\n$`),
    );
  });
}

test('runqslower -V, -v, --ebpf, and its default threshold', () => {
  assert.equal(runTool('runqslower', ['-V']).stdout, 'runqslower 1.0\n');
  const { stdout: table, stderr, status } = runTool('runqslower', ['-v', '-d', '0.1']);
  assert.equal(status, 0);
  assert.match(table, /^Tracing run queue latency higher than 10000 us\nTIME /);
  assert.match(stderr, /^program sched_wakeup: tp_btf\/sched_wakeup$/m);
  const { stdout } = runTool('runqslower', ['--ebpf'], 'latin1');
  assert.equal(stdout.slice(0, 4), '\x7fELF');
});
