import { type ClassValue, clsx } from 'clsx';
import { createTailwindMerge } from 'tailwind-merge';

const any = () => true;
const spacing = (name: string) => [{ [name]: [any] }];

/** The utilities that callers override. The default config of tailwind-merge covers all of Tailwind, and adds 6 kB to
 *  the first page. */
const merge = createTailwindMerge(() => ({
  cacheSize: 500,
  theme: {},
  classGroups: {
    display: [
      'block',
      'inline-block',
      'flex',
      'inline-flex',
      'grid',
      'inline-grid',
      'contents',
      'hidden',
      { table: ['cell', 'row'] },
    ],
    ...Object.fromEntries(
      ['p', 'px', 'py', 'pt', 'pr', 'pb', 'pl', 'm', 'mx', 'my', 'mt', 'mr', 'mb', 'ml'].map((name) => [
        name,
        spacing(name),
      ]),
    ),
    ...Object.fromEntries(
      ['w', 'h', 'size', 'min-w', 'min-h', 'max-w', 'max-h', 'gap'].map((name) => [name, spacing(name)]),
    ),
    rounded: [{ rounded: ['', any] }],
    bg: spacing('bg'),
    'font-size': [{ text: ['xs', 'sm', 'base', 'lg', 'xl', '2xl', '3xl', '4xl'] }],
    'text-align': [{ text: ['left', 'center', 'right'] }],
    'text-color': [{ text: [any] }],
    'font-weight': [{ font: ['normal', 'medium', 'semibold', 'bold'] }],
    'align-items': spacing('items'),
    'justify-content': spacing('justify'),
    whitespace: spacing('whitespace'),
  },
  conflictingClassGroups: {
    p: ['px', 'py', 'pt', 'pr', 'pb', 'pl'],
    px: ['pr', 'pl'],
    py: ['pt', 'pb'],
    m: ['mx', 'my', 'mt', 'mr', 'mb', 'ml'],
    mx: ['mr', 'ml'],
    my: ['mt', 'mb'],
    size: ['w', 'h'],
  },
  conflictingClassGroupModifiers: {},
  orderSensitiveModifiers: [],
}));

/** Joins class names. Of two conflicting ones the later wins. */
export const cn = (...names: ClassValue[]): string => merge(clsx(names));
