import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PROG_TYPES } from '../../src/open/constants.js';
import {
  findSectionDefinition,
  registerSectionHandler,
  SECTION_TABLE,
  unregisterSectionHandler,
} from '../../src/open/section-table.js';
import { messageOf, openFixture } from './open-fixture.js';

const test = suite('section-table');
const typeOf = (section: string) => PROG_TYPES[findSectionDefinition(section)?.type ?? -1];

test('exact names and prefixes', () => {
  assert.is(typeOf('xdp'), 'XDP');
  assert.is(typeOf('xdp/cpumap'), 'XDP');
  assert.is(typeOf('xdp_prog'), undefined);
  assert.is(typeOf('kprobe'), 'KPROBE');
  assert.is(typeOf('kprobe/vfs_read'), 'KPROBE');
  assert.is(typeOf('kprobed'), undefined);
  assert.is(findSectionDefinition('kprobe.multi/x')?.attach, 'kprobe_multi');
  assert.is(findSectionDefinition('tc/ingress')?.attachTypeOptional, true);
  assert.is(SECTION_TABLE.length, 105);
});

test('handlers of one’s own: exact, with extras, both, and for all others', () => {
  const exact = registerSectionHandler({
    section: 'abc',
    type: 17,
    setup: (program) => {
      program.autoload = false;
    },
  });
  const extras = registerSectionHandler({ section: 'abc/', type: 5 });
  const both = registerSectionHandler({ section: 'custom+', type: 6 });
  const override = registerSectionHandler({ section: 'kprobe+', type: 5 });
  assert.is(findSectionDefinition('abc')?.handlerId, exact);
  assert.is(findSectionDefinition('abc/x')?.handlerId, extras);
  assert.is(findSectionDefinition('abcd'), undefined);
  assert.is(findSectionDefinition('custom')?.handlerId, both);
  assert.is(findSectionDefinition('custom/x')?.handlerId, both);
  assert.is(typeOf('kprobe/x'), 'TRACEPOINT');
  const rest = registerSectionHandler({ type: 31 });
  assert.is(typeOf('nonsense'), 'SYSCALL');
  assert.is(typeOf('xdp'), 'XDP');
  assert.is(
    messageOf(() => registerSectionHandler({ type: 31 })),
    'there is a handler for all other sections already; unregister it first',
  );
  for (const id of [exact, extras, both, override, rest])
    assert.is(unregisterSectionHandler(id), true);
  assert.is(unregisterSectionHandler(rest), false);
  assert.is(typeOf('kprobe/x'), 'KPROBE');
});

test('setup sees the program when its object is opened', () => {
  const names: string[] = [];
  const id = registerSectionHandler({
    section: 'nonsense+',
    type: 17,
    setup: (program) => {
      names.push(program.name);
      program.autoload = false;
    },
  });
  const [program] = openFixture('section-unknown').programs;
  unregisterSectionHandler(id);
  assert.equal(names, ['what']);
  assert.equal([program?.type, program?.autoload], [17, false]);
});

test.run();
