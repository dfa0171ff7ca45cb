import type { ComponentProps, ReactNode } from 'react';
import { cn } from './class-names.ts';

/** A table that scrolls sideways, also by keyboard, where the page is too narrow. `relative` keeps absolutely
 *  positioned texts for screen readers from widening the page. */
export function Table({ label, children, className }: { label: string; children: ReactNode; className?: string }) {
  return (
    <div role="region" aria-label={label} tabIndex={0} className="relative overflow-x-auto">
      <table className={cn('w-full text-sm', className)}>{children}</table>
    </div>
  );
}
export const TableHead = ({ children }: { children: ReactNode }) => (
  <thead className="border-b text-left text-xs text-muted-foreground">
    <tr>{children}</tr>
  </thead>
);
export const Th = ({ className, ...props }: ComponentProps<'th'>) => (
  <th scope="col" className={cn('px-5 py-2.5 font-medium whitespace-nowrap', className)} {...props} />
);
export const Tr = ({ className, ...props }: ComponentProps<'tr'>) => (
  <tr className={cn('border-b last:border-0 hover:bg-muted/50', className)} {...props} />
);
export const Td = ({ className, ...props }: ComponentProps<'td'>) => (
  <td className={cn('px-5 py-2.5 align-middle', className)} {...props} />
);
