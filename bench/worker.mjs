// The JavaScript side of one case, in a process of its own: sets it up, takes samples when asked. Started by bench.mjs.

import { pathToFileURL } from 'node:url';

const [file, name] = process.argv.slice(2);
const { cases } = await import(pathToFileURL(file).href);
const found = cases.find((one) => one.name === name);
let state;

process.on('message', async (question) => {
  if (question.do === 'stop') {
    await found.teardown?.(state);
    process.disconnect();
    return;
  }
  try {
    process.send(await answer(question));
  } catch (error) {
    process.send({ error: error.stack ?? String(error) });
  }
});

async function answer(question) {
  switch (question.do) {
    case 'setup': {
      const skip = await found.skip?.();
      if (skip !== undefined) return { skip: `not run: ${skip}` };
      state = await found.setup?.({ build: question.build });
      return { isRatio: found.ratio !== undefined, c: await describeC(), most: found.pairs };
    }
    default:
      return { value: await sample() };
  }
}

/** The C side with its arguments worked out, so that it can be sent. */
async function describeC() {
  if (found.c === undefined) return undefined;
  const { args, command, ...rest } = found.c;
  const fromState = (value) => (typeof value === 'function' ? value(state) : value);
  return { ...rest, args: fromState(args), command: fromState(command) };
}

async function sample() {
  if (found.ratio !== undefined) return found.ratio(state);
  if (found.js !== undefined) return found.js(state);
  const { spawnSync } = await import('node:child_process');
  const [command, ...args] = found.command(state);
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(`${command}: status ${status}: ${String(stderr).slice(-300)}`);
  return Number(process.hrtime.bigint() - start);
}
