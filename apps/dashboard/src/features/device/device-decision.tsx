import { answerOf } from '@coditect/api-client/api-client';
import { ApiProblem } from '@coditect/api-client/api-problem';
import { useMutation } from '@tanstack/react-query';
import { MonitorSmartphone } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { useProblemText } from '#i18n/problem-text';
import { api, type Message } from '#session/api';
import { useMe } from '#session/me';
import { Button } from '#ui/button';
import { Notice } from '#ui/notice';
import type { Decision } from './device-result.tsx';
import { userCodeShown } from './device-search.ts';

interface DeviceDecisionProps {
  code: string;
  device: Message['WaitingDevice'];
  onDecided: (decision: Decision) => void;
}

/** Shows which device asks, and for what, before the decision. A victim of a phishing link must be able to notice it
 *  (RFC 8628, section 5.4). */
export function DeviceDecision({ code, device, onDecided }: DeviceDecisionProps) {
  const { t } = useTranslation('device');
  const me = useMe();
  const format = useFormat();
  const problemText = useProblemText();
  const decide = useMutation({
    mutationFn: async (decision: Decision) => {
      const params = { path: { user_code: code } };
      if (decision === 'approved') await answerOf(api.POST('/api/v1/auth/device/{user_code}/approve', { params }));
      else await answerOf(api.POST('/api/v1/auth/device/{user_code}/deny', { params }));
      return decision;
    },
    onSuccess: onDecided,
  });
  const gone = decide.error instanceof ApiProblem && decide.error.code === 'device_not_found';
  return (
    <div className="grid gap-5">
      <div className="flex items-center gap-3">
        <span className="grid size-11 shrink-0 place-items-center rounded-xl bg-primary-soft text-primary-soft-foreground">
          <MonitorSmartphone className="size-5" aria-hidden />
        </span>
        <div className="min-w-0">
          <h2 className="font-semibold break-words">{device.client_name}</h2>
          <p className="text-sm text-muted-foreground">{t('wants', { email: me.email, tenant: me.tenant.name })}</p>
        </div>
      </div>
      <dl className="grid gap-x-6 gap-y-2 text-sm sm:grid-cols-[auto_1fr]">
        <Fact name={t('code')}>
          <span className="font-mono font-semibold tracking-widest">{userCodeShown(code)}</span>
        </Fact>
        <Fact name={t('address')}>{device.ip ?? t('unknown')}</Fact>
        <Fact name={t('asked')}>{format.relative(device.created_at)}</Fact>
        <Fact name={t('until')}>{format.dateTime(device.expires_at)}</Fact>
      </dl>
      <Notice tone="warning">{t('compare')}</Notice>
      {decide.error ? <Notice tone="danger">{gone ? t('notFound') : problemText(decide.error)}</Notice> : null}
      <div className="flex flex-wrap gap-2">
        <Button
          busy={decide.isPending && decide.variables === 'approved'}
          disabled={decide.isPending}
          onClick={() => decide.mutate('approved')}
        >
          {t('approve')}
        </Button>
        <Button variant="outline" disabled={decide.isPending} onClick={() => decide.mutate('denied')}>
          {t('deny')}
        </Button>
      </div>
    </div>
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <>
    <dt className="text-muted-foreground">{name}</dt>
    <dd className="min-w-0 break-words">{children}</dd>
  </>
);
