/** The table of tests and kernels in README.md, between two markers. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { selftests } from './paths.js';
import { type TestResult, testId } from './protocol.js';

const START = '<!-- matrix: written by `pnpm selftest --vm … --table` -->';
const END = '<!-- end of matrix -->';

/** One kernel's results: a column. */
export interface Column {
  readonly kernel: string;
  readonly results: readonly TestResult[];
}

/** Replaces the table in README.md. @throws Error if the markers are not there */
export function updateReadme(columns: readonly Column[]): void {
  const path = join(selftests, 'README.md');
  const text = readFileSync(path, 'utf8');
  const [start, end] = [text.indexOf(START), text.indexOf(END)];
  if (start === -1 || end < start)
    throw new Error(`${path}: the markers of the table are missing: "${START}", "${END}"`);
  writeFileSync(
    path,
    `${text.slice(0, start + START.length)}\n\n${renderTable(columns)}\n${text.slice(end)}`,
  );
}

/** Markdown: a row a test, ✓ passed, ✗ failed, and a number for why it was skipped. */
export function renderTable(columns: readonly Column[]): string {
  const rows = new Map<string, Map<string, TestResult>>();
  for (const { kernel, results } of columns) {
    for (const result of results) {
      const id = testId(result);
      rows.set(id, (rows.get(id) ?? new Map<string, TestResult>()).set(kernel, result));
    }
  }
  const reasons: string[] = [];
  const cell = (result: TestResult | undefined): string => {
    if (result === undefined) return '';
    if (result.status !== 'skipped') return result.status === 'passed' ? '✓' : '✗';
    const reason = skipReason(result);
    if (!reasons.includes(reason)) reasons.push(reason);
    return `– ${reasons.indexOf(reason) + 1}`;
  };
  const kernels = columns.map(({ kernel }) => kernel);
  const lines = [
    `| test | ${kernels.join(' | ')} |`,
    `| --- |${' --- |'.repeat(kernels.length)}`,
    ...[...rows]
      .sort(([a], [b]) => (fileOf(a) < fileOf(b) ? -1 : fileOf(a) > fileOf(b) ? 1 : 0))
      .map(
        ([id, byKernel]) =>
          `| ${escapeCell(id)} | ${kernels.map((kernel) => cell(byKernel.get(kernel))).join(' | ')} |`,
      ),
  ];
  const notes = reasons.map((reason, index) => `${index + 1}. ${escapeCell(reason)}`);
  return [
    ...lines,
    '',
    ...(notes.length === 0 ? [] : ['Not run (–), because:', '', ...notes, '']),
  ].join('\n');
}

function skipReason({ skip }: TestResult): string {
  if (skip === undefined) return 'no reason given';
  return skip.gap === undefined
    ? `${skip.feature} came with Linux ${skip.since}`
    : `${skip.feature}: ${skip.gap}`;
}

/** Rows are ordered by file, and keep the file's order of tests. */
function fileOf(id: string): string {
  return id.slice(0, id.indexOf(': '));
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
