import { useMutation } from '@tanstack/react-query';
import { Copy, Download } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { shortMachine } from '#features/sessions/lease';
import { useProblemText } from '#i18n/problem-text';
import { signedLicense } from '#seats/licenses-queries';
import type { Session } from '#seats/sessions-queries';
import { Button } from '#ui/button';
import { Card, CardHeader } from '#ui/card';
import { download } from '#ui/download';
import { toast } from '#ui/toast';

/** The signed licenses of the user's own seats, which prove the grant offline. */
export function SignedLicenses({ sessions }: { sessions: Session[] }) {
  const { t } = useTranslation('licenses');
  return (
    <Card>
      <CardHeader title={t('signed.title')} hint={t('signed.hint')} />
      {sessions.length === 0 ? (
        <p className="text-sm text-muted-foreground">{t('signed.none')}</p>
      ) : (
        <ul className="grid gap-2">
          {sessions.map((session) => (
            <Document key={session.id} session={session} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function Document({ session }: { session: Session }) {
  const { t } = useTranslation('licenses');
  const problemText = useProblemText();
  const fetched = useMutation({
    mutationFn: async (use: (json: string) => unknown) => {
      const license = await signedLicense(session.id);
      await use(`${JSON.stringify(license, null, 2)}\n`);
    },
    onError: (error) => toast({ text: problemText(error), tone: 'danger' }),
  });
  const copy = async (json: string) => {
    await navigator.clipboard.writeText(json);
    toast({ text: t('signed.copied') });
  };
  const save = (json: string) =>
    download(new Blob([json], { type: 'application/json' }), `license-seat-${session.seat_no}.json`);
  return (
    <li className="flex flex-wrap items-center justify-between gap-2 rounded-lg border px-3 py-2 text-sm">
      {t('noSeats.seat', { seat: session.seat_no, machine: shortMachine(session.machine_id) })}
      <span className="flex gap-2">
        <Button variant="outline" size="sm" disabled={fetched.isPending} onClick={() => fetched.mutate(save)}>
          <Download aria-hidden />
          {t('signed.download')}
        </Button>
        <Button variant="outline" size="sm" disabled={fetched.isPending} onClick={() => fetched.mutate(copy)}>
          <Copy aria-hidden />
          {t('signed.copy')}
        </Button>
      </span>
    </li>
  );
}
