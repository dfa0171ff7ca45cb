import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { Meter } from '#ui/meter';

interface QuotaMeterProps {
  label: string;
  used: number;
  limit: number;
  /** What counts towards the quota. */
  hint?: string;
}

/** How much of one quota of the plan is used. */
export function QuotaMeter({ label, used, limit, hint }: QuotaMeterProps) {
  const { t } = useTranslation('billing');
  const { number } = useFormat();
  return (
    <div className="grid gap-2">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <span className="text-sm font-medium">{label}</span>
        <span className="text-sm text-muted-foreground tabular-nums">
          {t('usedOf', { used: number(used), limit: number(limit) })}
        </span>
      </div>
      <Meter label={label} value={used} max={limit} />
      {hint ? <p className="text-xs text-muted-foreground">{hint}</p> : null}
    </div>
  );
}
