import 'i18next';
import type analytics from '#features/analytics/messages/en.json';
import type audit from '#features/audit/messages/en.json';
import type billing from '#features/billing/messages/en.json';
import type developers from '#features/developers/messages/en.json';
import type device from '#features/device/messages/en.json';
import type licenses from '#features/licenses/messages/en.json';
import type overview from '#features/overview/messages/en.json';
import type palette from '#features/palette/messages/en.json';
import type profile from '#features/profile/messages/en.json';
import type projects from '#features/projects/messages/en.json';
import type sessions from '#features/sessions/messages/en.json';
import type settings from '#features/settings/messages/en.json';
import type signIn from '#features/sign-in/messages/en.json';
import type team from '#features/team/messages/en.json';
import type common from './messages/en.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common';
    resources: {
      common: typeof common;
      analytics: typeof analytics;
      audit: typeof audit;
      billing: typeof billing;
      developers: typeof developers;
      device: typeof device;
      licenses: typeof licenses;
      overview: typeof overview;
      palette: typeof palette;
      profile: typeof profile;
      projects: typeof projects;
      sessions: typeof sessions;
      settings: typeof settings;
      'sign-in': typeof signIn;
      team: typeof team;
    };
  }
}
