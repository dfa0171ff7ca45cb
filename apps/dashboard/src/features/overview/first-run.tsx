import { CircleCheck, LoaderCircle } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { QuickStart } from '#features/licenses/quick-start';
import { shortMachine } from '#features/sessions/lease';
import type { Session } from '#seats/sessions-queries';
import { Button } from '#ui/button';
import { Card, CardHeader } from '#ui/card';

interface FirstRunProps {
  licenseKey: string;
  /** The first seat, once it is taken. */
  first: Session | undefined;
  onDone: () => void;
}

/** The steps to the first seat. Waits until it is taken. */
export function FirstRun({ licenseKey, first, onDone }: FirstRunProps) {
  const { t } = useTranslation('overview');
  return (
    <Card>
      <CardHeader title={t('first.title')} hint={t('first.text')} />
      <QuickStart licenseKey={licenseKey} />
      <div
        role="status"
        className={`mt-5 flex flex-wrap items-center gap-3 rounded-lg p-4 text-sm font-medium ${
          first ? 'bg-success-soft text-success-soft-foreground' : 'bg-muted'
        }`}
      >
        {first ? (
          <>
            <CircleCheck className="size-5 shrink-0" aria-hidden />
            <span className="min-w-0 flex-1">
              {t('first.taken', {
                name: first.user.name,
                seat: first.seat_no,
                machine: shortMachine(first.machine_id),
              })}
            </span>
            <Button size="sm" onClick={onDone}>
              {t('first.done')}
            </Button>
          </>
        ) : (
          <>
            <LoaderCircle className="size-5 shrink-0 animate-spin text-link" aria-hidden />
            {t('first.waiting')}
          </>
        )}
      </div>
    </Card>
  );
}
