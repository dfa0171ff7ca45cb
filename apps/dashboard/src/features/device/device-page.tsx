import { ApiProblem } from '@coditect/api-client/api-problem';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Page } from '#shell/page';
import { Card } from '#ui/card';
import { ErrorState, LoadingRows } from '#ui/states';
import { DeviceCodeForm } from './device-code-form.tsx';
import { DeviceDecision } from './device-decision.tsx';
import { waitingDeviceQuery } from './device-queries.ts';
import { type Decision, DeviceResult } from './device-result.tsx';

/** Where a user signs in a device without a browser, for example the command line (RFC 8628). */
export function DevicePage() {
  const { t } = useTranslation('device');
  const { user_code: code } = useSearch({ from: '/_app/device' });
  const navigate = useNavigate();
  const [decision, setDecision] = useState<Decision>();
  const {
    data: device,
    error,
    refetch,
    isPending,
  } = useQuery({
    ...waitingDeviceQuery(code ?? ''),
    enabled: code !== undefined && decision === undefined,
  });
  const ask = (next?: string) => {
    setDecision(undefined);
    void navigate({ to: '/device', search: next ? { user_code: next } : {} });
  };
  const unknown = error instanceof ApiProblem && error.code === 'device_not_found';
  const content = () => {
    if (decision) return <DeviceResult decision={decision} onAnother={() => ask()} />;
    if (code === undefined || unknown)
      return <DeviceCodeForm key={code} initial={code} error={unknown ? t('notFound') : undefined} onSubmit={ask} />;
    if (error) return <ErrorState what={t('title')} error={error} onRetry={() => void refetch()} />;
    if (isPending) return <LoadingRows rows={3} />;
    return <DeviceDecision code={code} device={device} onDecided={setDecision} />;
  };
  return (
    <Page title={t('title')} description={t('text')}>
      <Card className="w-full max-w-xl">{content()}</Card>
    </Page>
  );
}
