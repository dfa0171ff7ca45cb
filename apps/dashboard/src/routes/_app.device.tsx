import { createFileRoute } from '@tanstack/react-router';
import { DevicePage } from '../features/device/device-page.tsx';
import { deviceSearch } from '../features/device/device-search.ts';

export const Route = createFileRoute('/_app/device')({ validateSearch: deviceSearch, component: DevicePage });
