/**
 * An object model → the declarations of its skeleton module, for objects that are imported as they are.
 *
 * `import { AppBpf } from './app.bpf.o'` has its types in `app.bpf.d.o.ts`, where TypeScript looks for them with
 * `allowArbitraryExtensions`. The module itself is made by a bundler's plugin or by Node's hooks.
 *
 * Declarations are cut out of the module's source, whose layout is known, as the generator alone writes it: a statement begins
 * at the start of a line, and all of its other lines begin with a blank or a closing bracket.
 */

import type { ObjectSpec } from '@libbpf-ts/libbpf/open';
import { generateSkeleton, type SkeletonOptions } from './generate-skeleton.js';
import { WIDTH } from './layout.js';

/** The whole `.d.ts`, formatted. @throws SkelgenError as `generateSkeleton` */
export function generateDeclarations(
  object: ObjectSpec,
  options: Omit<SkeletonOptions, 'bytes' | 'objectFile'>,
): string {
  return declarationsOf(generateSkeleton(object, { ...options, bytes: new Uint8Array(0) }));
}

function declarationsOf(source: string): string {
  const [head, imports, ...statements] = source
    .split(/\n(?=(?:export|const|import|\/\*\*) ?)/)
    .map((statement) => statement.replace(/\n+$/, '')) as [string, string, ...string[]];
  const parts: string[] = [];
  for (const statement of statements) {
    const declared = declaration(statement);
    if (declared !== undefined) parts.push(`${separator(parts.at(-1))}${declared}`);
  }
  const body = parts.join('\n');
  return `${head}\n\n${usedImports(imports, body)}\n${body}\n`;
}

/** A blank line, but for what belongs to the one before. */
function separator(before: string | undefined): string {
  const isGlued = before !== undefined && (/^\n?\/\*\*/.test(before) || isEnum(before));
  return isGlued ? '' : '\n';
}

function isEnum(statement: string): boolean {
  return /^export declare const \S+: \{/.test(statement);
}

/** What is left of a statement of the module; `undefined` for what it keeps to itself. */
function declaration(statement: string): string | undefined {
  if (statement.startsWith('const ')) return undefined;
  if (statement.startsWith('export class ')) return declaredClass(statement);
  if (!statement.startsWith('export const ')) return statement;
  const [, name, rest] = /^export const ([^\s:]+)(.*)$/s.exec(statement)!;
  if (rest!.startsWith(' =')) return declaredEnum(name!, rest!);
  const [, type] = /^:\s*(\w+<[^<>]*>)\s*=/.exec(rest!)!;
  return declaredConstant(name!, type!.replace(/,?\s+(?=>)|(?<=<)\s+/g, '').replace(/\s+/g, ' '));
}

/** `export const Color = { RED: 0 } as const;` */
function declaredEnum(name: string, rest: string): string {
  if (rest === ' = {} as const;') return `export declare const ${name}: Record<never, never>;`;
  const values = rest.split('\n').slice(1, -1);
  const members = values.map((line) =>
    line.replace(/,$/, ';').replace(/^ {2}(?! )/, '  readonly '),
  );
  return [`export declare const ${name}: {`, ...members, '};'].join('\n'); // biome-ignore format: short
}

/** Broken as the formatter breaks it: behind the colon is no place, inside the brackets is one. */
function declaredConstant(name: string, type: string): string {
  const line = `export declare const ${name}: ${type};`;
  if (line.length <= WIDTH || !type.includes(', ')) return line;
  const [, generic, args] = /^(\w+)<(.*)>$/.exec(type)!;
  return `export declare const ${name}: ${generic}<\n  ${args!.split(', ').join(',\n  ')}\n>;`;
}

/** Accessors without their bodies. */
function declaredClass(statement: string): string {
  const lines: string[] = [];
  let isBody = false;
  for (const line of statement.split('\n')) {
    if (isBody) isBody = !/^ {2}\}/.test(line);
    else if (/^ {2}(get|set) .*\{$/.test(line)) {
      lines.push(line.replace(/ \{$/, ';'));
      isBody = true;
    } else if (line.startsWith('  static override ')) {
      lines.push(line.replace('override ', '').replace(/ = \{$/, ';'));
      isBody = true;
    } else lines.push(line);
  }
  const header = `export declare ${lines[0]!.slice('export '.length)}`;
  const broken = header.replace(/<(Record<never, never>)> \{$/, '<\n  $1\n> {');
  return [header.length <= WIDTH ? header : broken, ...lines.slice(1)].join('\n');
}

/** The imports that declarations need: types and classes. */
function usedImports(statement: string, body: string): string {
  const code = body.replace(/^ *\/?\*.*$/gm, '');
  const used = new Set(code.match(/[\w$]+/g));
  const names = statement
    .slice(statement.indexOf('{') + 1, statement.indexOf('}'))
    .split(',')
    .map((name) => name.trim())
    .filter((name) => /^(type )?[A-Z]/.test(name) && used.has(name.replace(/^type /, '')));
  const oneLine = `import { ${names.join(', ')} } from '@libbpf-ts/libbpf/skel';`;
  return oneLine.length <= WIDTH
    ? oneLine
    : `import {\n${names.map((name) => `  ${name},\n`).join('')}} from '@libbpf-ts/libbpf/skel';`;
}
