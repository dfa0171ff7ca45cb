import type { ComponentProps } from 'react';
import { cn } from './class-names.ts';

const LOOK =
  'w-full rounded-lg border border-input bg-surface px-3 text-sm shadow-xs placeholder:text-muted-foreground disabled:opacity-60 aria-invalid:border-danger';

export const Input = ({ className, ...props }: ComponentProps<'input'>) => (
  <input className={cn(LOOK, 'h-9', className)} {...props} />
);

export const Textarea = ({ className, ...props }: ComponentProps<'textarea'>) => (
  <textarea className={cn(LOOK, 'min-h-20 py-2', className)} {...props} />
);

/** A native `select`: every keyboard, phone and screen reader knows it. */
export const Select = ({ className, ...props }: ComponentProps<'select'>) => (
  <select className={cn(LOOK, 'h-9 pr-8', className)} {...props} />
);

export const Checkbox = ({ className, ...props }: ComponentProps<'input'>) => (
  <input type="checkbox" className={cn('size-4 shrink-0 accent-(--primary)', className)} {...props} />
);
