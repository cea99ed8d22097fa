#!/usr/bin/env node
// Node 22.8 and later keep the compiled code of the command for the next run.
require('node:module').enableCompileCache?.();
const { main } = require('../dist/cli/main.cjs');

main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
