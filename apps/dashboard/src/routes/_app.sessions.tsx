import { createFileRoute } from '@tanstack/react-router';
import { SessionsPage } from '../features/sessions/sessions-page.tsx';
import { sessionsSearch } from '../features/sessions/sessions-search.ts';

export const Route = createFileRoute('/_app/sessions')({ validateSearch: sessionsSearch, component: SessionsPage });
