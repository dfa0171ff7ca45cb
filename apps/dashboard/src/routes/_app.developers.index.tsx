import { createFileRoute } from '@tanstack/react-router';
import { DevelopersPage } from '../features/developers/developers-page.tsx';
import { developersSearch } from '../features/developers/developers-search.ts';

export const Route = createFileRoute('/_app/developers/')({
  validateSearch: developersSearch,
  component: DevelopersPage,
});
