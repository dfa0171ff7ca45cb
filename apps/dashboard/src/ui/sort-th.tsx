import { ArrowDown, ArrowUp, ChevronsUpDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { Th } from './table.tsx';

interface SortThProps {
  /** The name of the field in the API. */
  field: string;
  /** The current order: `name`, or `-name` for descending. */
  ordering: string;
  onChange: (ordering: string) => void;
  children: ReactNode;
}

/** A column header that sorts the list. */
export function SortTh({ field, ordering, onChange, children }: SortThProps) {
  const up = ordering === field;
  const down = ordering === `-${field}`;
  const Icon = up ? ArrowUp : down ? ArrowDown : ChevronsUpDown;
  return (
    <Th aria-sort={up ? 'ascending' : down ? 'descending' : 'none'} className="py-1">
      <button
        type="button"
        className="-mx-2 inline-flex h-8 items-center gap-1 rounded-lg px-2 font-medium hover:bg-muted hover:text-foreground"
        onClick={() => onChange(up ? `-${field}` : field)}
      >
        {children}
        <Icon className="size-3.5" aria-hidden />
      </button>
    </Th>
  );
}
