import { describe, expect, it } from 'vitest';
import { cn } from './class-names.ts';

describe('class names', () => {
  it.each([
    [['rounded-xl border bg-surface p-5 shadow-xs', 'p-0'], 'rounded-xl border bg-surface shadow-xs p-0'],
    [['px-5 py-2.5 align-middle', 'py-1 text-right'], 'px-5 align-middle py-1 text-right'],
    [['inline-flex h-9 px-4 text-sm', 'hidden h-auto text-base'], 'px-4 hidden h-auto text-base'],
    [['text-sm text-primary', 'text-danger'], 'text-sm text-danger'],
    [['size-9', 'w-full'], 'size-9 w-full'],
    [['w-4 h-4', 'size-9'], 'size-9'],
    [['hover:bg-muted', 'hover:bg-primary bg-surface'], 'hover:bg-primary bg-surface'],
    [['px-4 md:px-8', 'px-0'], 'md:px-8 px-0'],
    [['hidden md:table-cell', 'block'], 'md:table-cell block'],
  ])('%j become %s', (names, joined) => {
    expect(cn(...names)).toBe(joined);
  });

  it('leave out falsy values', () => {
    expect(cn('a', false, undefined, { b: true, c: false })).toBe('a b');
  });
});
