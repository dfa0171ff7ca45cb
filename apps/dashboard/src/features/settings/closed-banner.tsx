import { TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { useProblemText } from '#i18n/problem-text';
import { useMay } from '#session/me';
import { Button } from '#ui/button';
import { toast } from '#ui/toast';
import { useReopenTenant } from './settings-changes.ts';
import type { Tenant } from './settings-queries.ts';

/** Says that the organization is closed and until when it can be reopened, with the button that does so. */
export function ClosedBanner({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation('settings');
  const { dateTime, relative } = useFormat();
  const may = useMay();
  const problemText = useProblemText();
  const reopen = useReopenTenant();
  const until = tenant.delete_after;
  const open = () =>
    reopen.mutateAsync(tenant).then(
      () => toast({ text: t('closed.reopened') }),
      (error: unknown) => toast({ text: problemText(error), tone: 'danger' }),
    );
  return (
    <section
      aria-labelledby="closed"
      className="flex max-w-3xl flex-wrap items-center gap-4 rounded-xl bg-danger-soft p-5 text-danger-soft-foreground"
    >
      <TriangleAlert className="size-5 shrink-0" aria-hidden />
      <div className="min-w-0 flex-1 basis-64">
        <h2 id="closed" className="font-semibold">
          {t('closed.title')}
        </h2>
        <p className="mt-1 text-sm">
          {until ? t('closed.text', { date: dateTime(until), when: relative(until) }) : null}
          {may('tenant:delete') ? null : ` ${t('closed.ownersOnly')}`}
        </p>
      </div>
      {may('tenant:delete') ? (
        <Button variant="outline" className="text-foreground" busy={reopen.isPending} onClick={() => void open()}>
          {t('closed.reopen')}
        </Button>
      ) : null}
    </section>
  );
}
