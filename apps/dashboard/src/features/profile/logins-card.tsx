import { answerOf } from '@coditect/api-client/api-client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Monitor, Smartphone, SquareTerminal } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { optionalText } from '#i18n/optional-text';
import { useProblemText } from '#i18n/problem-text';
import { api, type Message } from '#session/api';
import { Badge } from '#ui/badge';
import { Button } from '#ui/button';
import { Card, CardHeader } from '#ui/card';
import { ConfirmDialog } from '#ui/confirm-dialog';
import { ErrorState, LoadingRows } from '#ui/states';
import { toast } from '#ui/toast';
import { loginsQuery } from './profile-queries.ts';
import { describeUserAgent } from './user-agent.ts';

/** The user's logins, by device. */
export function LoginsCard() {
  const { t } = useTranslation('profile');
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(loginsQuery);
  const [asking, setAsking] = useState(false);
  const others = data?.results.filter(({ current }) => !current).length ?? 0;
  const endOthers = async () => {
    await answerOf(api.POST('/api/v1/auth/logout-everywhere', { body: { except_current: true } }));
    toast({ text: t('logins.endedOthers') });
    await client.invalidateQueries({ queryKey: loginsQuery.queryKey });
  };
  return (
    <Card id="logins" className="scroll-mt-20">
      <CardHeader
        title={t('logins.title')}
        hint={t('logins.text')}
        actions={
          others > 0 ? (
            <Button variant="outline" size="sm" onClick={() => setAsking(true)}>
              {t('logins.endOthers')}
            </Button>
          ) : undefined
        }
      />
      {error ? <ErrorState what={t('logins.title')} error={error} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <LoadingRows rows={3} /> : null}
      <ul className="grid divide-y">
        {data?.results.map((login) => (
          <LoginRow key={login.id} login={login} />
        ))}
      </ul>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={t('logins.endOthersTitle')}
        description={t('logins.endOthersText', { count: others })}
        action={t('logins.endOthers')}
        danger
        onConfirm={endOthers}
      />
    </Card>
  );
}

function LoginRow({ login }: { login: Message['Login'] }) {
  const { t } = useTranslation('profile');
  const format = useFormat();
  const client = useQueryClient();
  const problemText = useProblemText();
  const end = useMutation({
    mutationFn: () => answerOf(api.DELETE('/api/v1/auth/logins/{id}', { params: { path: { id: login.id } } })),
    onSuccess: () => toast({ text: t('logins.ended') }),
    onError: (error) => toast({ tone: 'danger', text: problemText(error) }),
    // Refreshes the list after a failure too: the login may have ended elsewhere.
    onSettled: () => client.invalidateQueries({ queryKey: loginsQuery.queryKey }),
  });
  const device = describeUserAgent(login.user_agent) || t('logins.unknownDevice');
  const Icon = login.method === 'device' ? SquareTerminal : /iPhone|Android/.test(device) ? Smartphone : Monitor;
  return (
    <li className="flex items-center gap-3 py-3 first:pt-0 last:pb-0">
      <Icon className="size-5 shrink-0 text-muted-foreground" aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
          {device}
          {login.current ? <Badge tone="success">{t('logins.current')}</Badge> : null}
        </p>
        <p className="text-xs text-muted-foreground">
          {[methodText(login.method), login.ip].filter(Boolean).join(' · ')} ·{' '}
          <time dateTime={login.last_used_at} title={format.dateTime(login.last_used_at)}>
            {t('logins.lastUsed', { when: format.relative(login.last_used_at) })}
          </time>
        </p>
      </div>
      {login.current ? null : (
        <Button
          variant="ghost"
          size="sm"
          className="text-danger"
          aria-label={t('logins.endOne', { device })}
          busy={end.isPending}
          onClick={() => end.mutate()}
        >
          {t('logins.end')}
        </Button>
      )}
    </li>
  );

  function methodText(method: string): string {
    if (method.startsWith('oauth:')) return t('logins.oauth', { provider: method.slice('oauth:'.length) });
    return optionalText('profile', `logins.methods.${method}`) ?? method;
  }
}
