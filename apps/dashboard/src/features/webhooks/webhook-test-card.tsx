import { Send } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import { Button } from '#ui/button';
import { Card, CardHeader } from '#ui/card';
import { AttemptResult } from './attempt-result.tsx';
import { useTestWebhook } from './webhook-changes.ts';

/** Sends a test event, and shows the response of the endpoint. */
export function WebhookTestCard({ id }: { id: string }) {
  const { t } = useTranslation('developers');
  const problemText = useProblemText();
  const { mutate, data, error, isPending } = useTestWebhook();
  return (
    <Card>
      <CardHeader
        title={t('test.title')}
        hint={t('test.hint')}
        actions={
          <Button variant="outline" size="sm" busy={isPending} onClick={() => mutate(id)}>
            <Send aria-hidden />
            {t('test.send')}
          </Button>
        }
      />
      <div role="status">
        {data && !isPending ? <AttemptResult attempt={data} /> : null}
        {error ? <p className="text-sm text-danger">{problemText(error)}</p> : null}
      </div>
    </Card>
  );
}
