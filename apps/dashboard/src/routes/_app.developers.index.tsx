import { createFileRoute } from '@tanstack/react-router';
import { DevelopersPage } from '#features/developers/developers-page';
import { developersSearch } from '#features/developers/developers-search';

export const Route = createFileRoute('/_app/developers/')({
  validateSearch: developersSearch,
  component: DevelopersPage,
});
