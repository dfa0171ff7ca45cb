import { answerOf } from '@coditect/api-client/api-client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { Link2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSignInError } from '#features/sign-in/sign-in-errors';
import { useFormat } from '#i18n/format';
import { useProblemText } from '#i18n/problem-text';
import { api, type Message } from '#session/api';
import { useMe } from '#session/me';
import { Button } from '#ui/button';
import { Card, CardHeader } from '#ui/card';
import { ConfirmDialog } from '#ui/confirm-dialog';
import { Notice } from '#ui/notice';
import { ErrorState, LoadingRows } from '#ui/states';
import { toast } from '#ui/toast';
import { identitiesQuery, providersQuery } from './profile-queries.ts';

/** The linked accounts at sign-in providers. */
export function IdentitiesCard() {
  const { t } = useTranslation('profile');
  const { error: refusal } = useSearch({ from: '/_app/profile' });
  const { ofCode } = useSignInError();
  const { tenant, has_password: hasPassword } = useMe();
  const { data, error, refetch } = useQuery(identitiesQuery);
  const { data: providers = [] } = useQuery(providersQuery(tenant.slug));
  const [unlinking, setUnlinking] = useState<Message['Identity']>();
  const nameOf = (id: string) => providers.find((provider) => provider.id === id)?.name ?? id;
  const linked = new Set(data?.results.map(({ provider }) => provider));
  const open = providers.filter(({ id }) => !linked.has(id));
  // An identity of a provider that is no longer configured is no way to sign in.
  const isOnlyWay = (one: Message['Identity']) =>
    !hasPassword &&
    !data?.results.some((other) => other.id !== one.id && providers.some(({ id }) => id === other.provider));
  return (
    <Card id="identities" className="scroll-mt-20">
      <CardHeader title={t('identities.title')} hint={t('identities.text')} />
      {refusal ? (
        <Notice tone="danger" className="mb-4">
          {ofCode(refusal)}
        </Notice>
      ) : null}
      {error ? <ErrorState what={t('identities.title')} error={error} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <LoadingRows rows={1} /> : null}
      {data?.results.length === 0 ? (
        <p className="text-sm text-muted-foreground">
          {t(open.length > 0 ? 'identities.none' : 'identities.noProviders')}
        </p>
      ) : null}
      <ul className="grid divide-y">
        {data?.results.map((identity) => (
          <IdentityRow
            key={identity.id}
            identity={identity}
            provider={nameOf(identity.provider)}
            onlyWay={isOnlyWay(identity)}
            onUnlink={() => setUnlinking(identity)}
          />
        ))}
      </ul>
      {data && open.length > 0 ? (
        <div className="mt-4 flex flex-wrap gap-2">
          {open.map(({ id, name }) => (
            <LinkButton key={id} provider={id} name={name} />
          ))}
        </div>
      ) : null}
      {unlinking ? (
        <UnlinkDialog
          identity={unlinking}
          provider={nameOf(unlinking.provider)}
          onClose={() => setUnlinking(undefined)}
        />
      ) : null}
    </Card>
  );
}

interface IdentityRowProps {
  identity: Message['Identity'];
  provider: string;
  /** Whether this is the user's only way to sign in. It cannot be unlinked then. */
  onlyWay: boolean;
  onUnlink: () => void;
}

function IdentityRow({ identity, provider, onlyWay, onUnlink }: IdentityRowProps) {
  const { t } = useTranslation('profile');
  const format = useFormat();
  return (
    <li className="flex items-center gap-3 py-3 first:pt-0 last:pb-0">
      <Link2 className="size-5 shrink-0 text-muted-foreground" aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="text-sm font-medium">{provider}</p>
        <p className="text-xs break-words text-muted-foreground">
          {identity.email ? `${identity.email} · ` : ''}
          {t('identities.since', { date: format.date(identity.created_at) })}
        </p>
        {onlyWay ? <p className="text-xs text-muted-foreground">{t('identities.onlyWay')}</p> : null}
      </div>
      {onlyWay ? null : (
        <Button
          variant="ghost"
          size="sm"
          className="text-danger"
          aria-label={t('identities.unlinkOne', { provider })}
          onClick={onUnlink}
        >
          {t('identities.unlink')}
        </Button>
      )}
    </li>
  );
}

function LinkButton({ provider, name }: { provider: string; name: string }) {
  const { t } = useTranslation('profile');
  const problemText = useProblemText();
  const link = useMutation({
    mutationFn: () =>
      answerOf(
        api.POST('/api/v1/auth/identities/{provider}/link', {
          params: { path: { provider } },
          body: { return_to: '/profile#identities' },
        }),
      ),
    onSuccess: (answer) => {
      if ('url' in answer) window.location.assign(answer.url);
    },
    onError: (error) => toast({ tone: 'danger', text: problemText(error) }),
  });
  return (
    <Button variant="outline" size="sm" busy={link.isPending} onClick={() => link.mutate()}>
      {t('identities.link', { provider: name })}
    </Button>
  );
}

function UnlinkDialog({
  identity,
  provider,
  onClose,
}: Pick<IdentityRowProps, 'identity' | 'provider'> & { onClose: () => void }) {
  const { t } = useTranslation('profile');
  const client = useQueryClient();
  const unlink = async () => {
    await answerOf(api.DELETE('/api/v1/auth/identities/{id}', { params: { path: { id: identity.id } } }));
    toast({ text: t('identities.unlinked', { provider }) });
    await client.invalidateQueries({ queryKey: identitiesQuery.queryKey });
  };
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={t('identities.unlinkTitle', { provider })}
      description={t('identities.unlinkText')}
      action={t('identities.unlink')}
      danger
      onConfirm={unlink}
    />
  );
}
