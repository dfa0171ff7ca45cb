import type { ReactNode } from 'react';

export interface Figure {
  label: string;
  value: ReactNode;
  hint?: ReactNode;
}

/** The key figures of a section. */
export const Figures = ({ figures, label }: { figures: Figure[]; label: string }) => (
  <dl aria-label={label} className="grid grid-cols-2 gap-3 lg:grid-cols-4">
    {figures.map((figure) => (
      <div key={figure.label} className="min-w-0 rounded-xl border bg-surface px-4 py-3 shadow-xs">
        <dt className="text-xs text-muted-foreground">{figure.label}</dt>
        <dd className="mt-1 text-xl font-semibold tabular-nums">{figure.value}</dd>
        {figure.hint ? <dd className="text-xs text-muted-foreground">{figure.hint}</dd> : null}
      </div>
    ))}
  </dl>
);
