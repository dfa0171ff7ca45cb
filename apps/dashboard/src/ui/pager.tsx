import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { Button } from './button.tsx';

interface PagerProps {
  count: number;
  limit: number;
  offset: number;
  onChange: (offset: number) => void;
}

/**
 * Shows which rows of a list are visible, and buttons to the other pages. Renders nothing when all rows are visible.
 */
export function Pager({ count, limit, offset, onChange }: PagerProps) {
  const { t } = useTranslation();
  const { number } = useFormat();
  if (count <= limit && offset === 0) return null;
  const last = Math.min(offset + limit, count);
  return (
    <nav aria-label={t('pager.label')} className="flex items-center justify-between gap-3 border-t px-5 py-3 text-sm">
      <span className="text-muted-foreground">
        {t('pager.range', { from: number(Math.min(offset + 1, count)), to: number(last), total: number(count) })}
      </span>
      <span className="flex gap-2">
        <Button
          variant="outline"
          size="sm"
          disabled={offset === 0}
          onClick={() => onChange(Math.max(0, offset - limit))}
        >
          <ChevronLeft aria-hidden />
          {t('pager.previous')}
        </Button>
        <Button variant="outline" size="sm" disabled={last >= count} onClick={() => onChange(offset + limit)}>
          {t('pager.next')}
          <ChevronRight aria-hidden />
        </Button>
      </span>
    </nav>
  );
}
