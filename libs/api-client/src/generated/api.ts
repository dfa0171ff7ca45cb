export interface paths {
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the process answers */
        get: operations["health_live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether acquires can be served */
        get: operations["health_ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the metrics of the process
         * @description For Prometheus. Needs the configured token. Production refuses every caller if no token is configured.
         */
        get: operations["metrics_read"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in with e-mail and password
         * @description With `token_delivery: "cookie"`, for browsers, the refresh token goes into an httpOnly cookie instead of the body.
         */
        post: operations["auth_login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Exchange a refresh token for a new pair
         * @description The token is taken from the body, else from the cookie. A client that lost the response may repeat the call with the same token within 30 seconds, as long as the new one has not been used. Any other second use ends the login.
         */
        post: operations["auth_refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a login
         * @description The refresh token is taken from the body, else from the cookie, which is then deleted.
         */
        post: operations["auth_logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read your own account and permissions
         * @description Needs `self:read`: owner, admin, member, viewer.
         */
        get: operations["auth_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change your own name
         * @description Needs `self:update`: owner, admin, member, viewer.
         */
        patch: operations["profile_update"];
        trace?: never;
    };
    "/api/v1/auth/logins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your own logins that have not ended
         * @description Needs `self:read`: owner, admin, member, viewer.
         */
        get: operations["logins_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/logins/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End one of your own logins
         * @description Its refresh token and its access tokens stop working at once.
         *
         *     Needs `self:update`: owner, admin, member, viewer.
         */
        delete: operations["logins_end"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/logout-everywhere": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End all of your own logins
         * @description Ends the login of this request too, unless `except_current` is true. API keys and license sessions stay.
         *
         *     Needs `self:update`: owner, admin, member, viewer.
         */
        post: operations["logins_endAll"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/device": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin to sign in a device
         * @description Show `user_code` and `verification_uri` to the person, and poll `auth/device/token` meanwhile (RFC 8628).
         */
        post: operations["deviceAuthorizations_begin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/device/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask whether the device has been approved
         * @description Returns the tokens of the device once its user has approved it. The tokens are returned one time. Until then the problem has an OAuth `error` equal to its `code`. For `authorization_pending`, ask again after the interval. For `slow_down`, wait 5 seconds longer before each request from then on.
         */
        post: operations["deviceAuthorizations_exchange"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/device/{user_code}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See which device waits with a code
         * @description Case and hyphens of the code do not count.
         *
         *     Needs `self:update`: owner, admin, member, viewer.
         */
        get: operations["deviceAuthorizations_waiting"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/device/{user_code}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Approve a device
         * @description The next request of the device for its token signs it in as you.
         *
         *     Needs `self:update`: owner, admin, member, viewer.
         */
        post: operations["deviceAuthorizations_approve"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/device/{user_code}/deny": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Refuse a device
         * @description Needs `self:update`: owner, admin, member, viewer.
         */
        post: operations["deviceAuthorizations_deny"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/password/change": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change your password
         * @description Ends all your other logins.
         *
         *     Needs `self:update`: owner, admin, member, viewer.
         */
        post: operations["passwords_change"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/password/forgot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for a link to set a new password
         * @description The response is always the same, whether or not the e-mail is known. Every organization of the e-mail sends a mail of its own, at most three an hour; its link works once, within an hour.
         */
        post: operations["passwords_forgot"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/password/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set a new password by a link
         * @description Ends all logins of the user and lifts the wait after failed attempts. The user signs in next; a second factor stays on.
         */
        post: operations["passwords_reset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/email/change": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask to change your own e-mail address
         * @description Requires the current password or, for an account without one, a sign-in within the last ten minutes, but not one of a device. Mails a link to the new address, which works once within an hour, and a notice to the old one. Nothing changes before the link is followed. The response does not tell whether the address is taken; the link is then refused.
         *
         *     Needs `self:update`: owner, admin, member, viewer.
         */
        post: operations["emailChange_request"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/email/change/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Confirm a new e-mail address by its link
         * @description This verifies the address. Ends all logins of the user, who then signs in with the new address. API keys and linked identities stay.
         */
        post: operations["emailChange_confirm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/email/verification": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for a link to verify your e-mail address
         * @description The link works once, within 24 hours. Nothing is sent if the address is already verified.
         *
         *     Needs `self:update`: owner, admin, member, viewer.
         */
        post: operations["emailVerification_request"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/email/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Verify an e-mail address by a link */
        post: operations["emailVerification_verify"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/two-factor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read whether your second factor is on
         * @description Needs `self:read`: owner, admin, member, viewer.
         */
        get: operations["secondFactor_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/two-factor/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set up an authenticator app
         * @description Nothing changes until a code of it has been confirmed. A repeated call replaces the secret.
         *
         *     Needs `self:update`: owner, admin, member, viewer.
         */
        post: operations["secondFactor_setUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/two-factor/totp/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Turn the second factor on with a first code
         * @description Returns the recovery codes, which are shown only once.
         *
         *     Needs `self:update`: owner, admin, member, viewer.
         */
        post: operations["secondFactor_confirm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/two-factor/recovery-codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace your recovery codes
         * @description Needs `self:update`: owner, admin, member, viewer.
         */
        post: operations["secondFactor_renew"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/two-factor/totp/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Turn the second factor off
         * @description Needs `self:update`: owner, admin, member, viewer.
         */
        post: operations["secondFactor_disable"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/providers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the sign-in providers */
        get: operations["oAuth_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/oauth/{provider}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Sign in at a provider: send the browser here
         * @description Redirects to the provider with PKCE. A cookie ties the browser to this sign-in for ten minutes.
         */
        get: operations["oAuth_start"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/oauth/{provider}/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Receive the browser back from a provider
         * @description Signs in, sets the refresh cookie and redirects to the dashboard; or links the identity. On a refusal, a browser is redirected too, with the problem code as `error`; a client that does not accept HTML gets the problem itself.
         */
        get: operations["oAuth_callback"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/oauth/{provider}/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in with an ID token of Google Cloud Identity Platform
         * @description For providers of kind `identity_platform`, whose SDK in the browser holds the token. The person must have signed in there within the last five minutes. A token works once, even if it is refused for the account: get a new one. With `token_delivery: "cookie"`, for browsers, the refresh token goes into an httpOnly cookie instead of the body.
         */
        post: operations["oAuth_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/identities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your own linked identities
         * @description Needs `self:read`: owner, admin, member, viewer.
         */
        get: operations["identities_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/identities/{provider}/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Link an account at a provider to your own
         * @description Returns where to send the browser, and sets the cookie that identifies it when it comes back to the callback. The login must still be active then. At a provider of kind `identity_platform` the browser has an `id_token` already: it is linked at once.
         *
         *     Needs `self:update`: owner, admin, member, viewer.
         */
        post: operations["identities_link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/identities/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Unlink one of your own identities
         * @description Needs `self:update`: owner, admin, member, viewer.
         */
        delete: operations["identities_unlink"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenant": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read your organization
         * @description Needs `tenant:read`: owner, admin, member, viewer.
         */
        get: operations["tenants_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change the settings of your organization
         * @description Only an owner may change the slug. Users then sign in with the new one at once. The old one stays reserved for this organization for 90 days. Names of our own hosts and pages cannot be used.
         *
         *     Needs `tenant:update`: owner, admin.
         */
        patch: operations["tenants_update"];
        trace?: never;
    };
    "/api/v1/tenant/quota": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the plan allows, and how much of it is in use
         * @description Needs `tenant:read`: owner, admin, member, viewer.
         */
        get: operations["tenants_readQuota"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenant/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Close your organization, to be deleted after a grace period
         * @description All license sessions end at once, and acquires are refused. Users can still sign in, read and export. Changes are refused with `tenant_closed`. At `delete_after` all data, including exports, is deleted for good. All owners get an e-mail.
         *
         *     Needs `tenant:delete`: owner.
         */
        post: operations["tenants_close"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenant/reopen": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reopen your organization before it is deleted
         * @description License sessions that were ended stay ended. An organization that is not closed is not changed.
         *
         *     Needs `tenant:delete`: owner.
         */
        post: operations["tenants_reopen"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenant/exports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the exports of your organization
         * @description Needs `tenant:export`: owner.
         */
        get: operations["dataExports_list"];
        put?: never;
        /**
         * Export all data of your organization
         * @description The export is made in the background. It is a zip with one file of newline-delimited JSON per table, and `manifest.json` with their checksums. Passwords, tokens and other secrets are left out. The caller gets an e-mail when it is ready. While an export is being made, that one is returned.
         *
         *     Needs `tenant:export`: owner.
         */
        post: operations["dataExports_request"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenant/exports/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an export
         * @description Needs `tenant:export`: owner.
         */
        get: operations["dataExports_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenant/exports/{id}/download": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download an export
         * @description Available for 7 days. Every download is recorded as an audit entry.
         *
         *     Needs `tenant:export`: owner.
         */
        get: operations["dataExports_download"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List users
         * @description Without `user:read_all` (members) the list shows only the caller.
         *
         *     Needs `user:read`: owner, admin, member, viewer.
         */
        get: operations["users_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a user
         * @description Needs `user:read`: owner, admin, member, viewer.
         */
        get: operations["users_get"];
        put?: never;
        post?: never;
        /**
         * Remove a user
         * @description Ends the license sessions and logins of the user at once, and deletes the API keys and linked identities. The name stays, so that projects and audit entries still name the user. The e-mail address can be invited again. Open invitations of owners and admins that the user sent are revoked.
         *
         *     Needs `user:remove`: owner, admin.
         */
        delete: operations["users_remove"];
        options?: never;
        head?: never;
        /**
         * Change the name or role of a user
         * @description Only owners make or change owners, and one active owner always stays. API keys make and change members and viewers. A new role counts at once, also for logins that exist; open invitations that could not be sent with it are revoked.
         *
         *     Needs `user:update`: owner, admin.
         */
        patch: operations["users_update"];
        trace?: never;
    };
    "/api/v1/users/{id}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Disable a user
         * @description Ends the live license sessions and logins of the user at once. Its open invitations of owners and admins are revoked.
         *
         *     Needs `user:disable`: owner, admin.
         */
        post: operations["users_disable"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{id}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Enable a disabled user
         * @description Needs `user:disable`: owner, admin.
         */
        post: operations["users_enable"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{id}/reset-two-factor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Remove the second factor of a user who has lost it
         * @description Removes its recovery codes too, and ends all its logins. The user is told by mail and signs in without a code from then on. Be sure that it is the user who asks. Not allowed for yourself; only owners can do it for owners.
         *
         *     Needs `user:reset_two_factor`: owner, admin.
         */
        post: operations["users_resetTwoFactor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{id}/erase": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Erase the personal data of a user for good
         * @description Removes the user, if that has not happened yet, with its name, addresses and devices, in audit entries too; their chain stays valid (GDPR, article 17). Data exports made before cannot be downloaded any more. It cannot be undone; a call that broke off can be repeated.
         *
         *     Needs `user:erase`: owner.
         */
        post: operations["users_erase"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List invitations
         * @description Needs `user:invite`: owner, admin.
         */
        get: operations["invitations_list"];
        put?: never;
        /**
         * Invite one person, or up to 50
         * @description All are invited or none. Each gets a link by e-mail that works once, within seven days. A repeated invitation sends a new link and makes the old one invalid. An open invitation counts as a user. Only owners invite owners; API keys invite members and viewers. One address is invited once a minute, an organization sends 200 invitations an hour.
         *
         *     Needs `user:invite`: owner, admin.
         */
        post: operations["invitations_invite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/invitations/{id}/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send an invitation again
         * @description Sends a new link, valid for seven days, at most once a minute. The old link becomes invalid.
         *
         *     Needs `user:invite`: owner, admin.
         */
        post: operations["invitations_resend"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/invitations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke an invitation
         * @description Its link becomes invalid.
         *
         *     Needs `user:invite`: owner, admin.
         */
        delete: operations["invitations_revoke"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/invitations/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read an invitation by its link */
        get: operations["invitationLinks_open"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/invitations/{token}/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Accept an invitation: become a user and sign in
         * @description The link proves the e-mail address, and works once. With `token_delivery: "cookie"`, for browsers, the refresh token goes into an httpOnly cookie instead of the body.
         */
        post: operations["invitationLinks_accept"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/acquire": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a seat
         * @description Idempotent for the same user, machine and license: 201 with a new license session, 200 with the one already held. The answer carries a license that verifies offline.
         *
         *     Needs `license_session:acquire`: owner, admin, member.
         */
        post: operations["seats_acquire"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/validate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a seat, with every decision answered 200
         * @description Needs `license_session:acquire`: owner, admin, member.
         */
        post: operations["seats_validate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/heartbeat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keep a seat alive
         * @description The session token in the body is the credential.
         */
        post: operations["seats_heartbeat"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a seat back
         * @description The session token in the body is the credential.
         */
        post: operations["seats_release"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the licenses of the tenant
         * @description Needs `license:read`: owner, admin, member, viewer.
         */
        get: operations["licenses_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a license with its seats
         * @description Needs `license:read`: owner, admin, member, viewer.
         */
        get: operations["licenses_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/license-sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List license sessions
         * @description A member sees only the sessions of its own.
         *
         *     Needs `license_session:read`: owner, admin, member, viewer.
         */
        get: operations["licenseSessions_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/license-sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a license session
         * @description Needs `license_session:read`: owner, admin, member, viewer.
         */
        get: operations["licenseSessions_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/license-sessions/{id}/signed-license": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the signed license of a live license session
         * @description Signs the license again, for the same grant that acquire returned. It can be verified offline.
         *
         *     Needs `license_session:read`: owner, admin, member, viewer.
         */
        get: operations["licenseSessions_signedLicense"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/license-sessions/{id}/heartbeat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keep a license session alive by its id
         * @description Needs `license_session:hold`: owner, admin, member.
         */
        post: operations["licenseSessions_heartbeat"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/license-sessions/{id}/release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a license session by its id: one's own or, with the right, a colleague's
         * @description Needs `license_session:hold`: owner, admin, member.
         */
        post: operations["licenseSessions_release"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/{id}/contacts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read who can free a seat
         * @description The other owners and admins of the organization, by name.
         *
         *     Needs `license_session:acquire`: owner, admin, member.
         */
        get: operations["seatRequests_contacts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/{id}/seat-requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask owners and admins for a seat
         * @description Sends them an e-mail that names the caller. A user may ask once an hour for each license. Returns the users who were asked. The list is empty if the caller is the only owner or admin.
         *
         *     Needs `license_session:acquire`: owner, admin, member.
         */
        post: operations["seatRequests_ask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the keys that verify licenses */
        get: operations["jwks_jwks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the projects of the tenant
         * @description Needs `project:read`: owner, admin, member, viewer.
         */
        get: operations["projects_list"];
        put?: never;
        /**
         * Create a project
         * @description The caller becomes its owner. Active projects count against `max_projects`.
         *
         *     Needs `project:create`: owner, admin, member.
         */
        post: operations["projects_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a project
         * @description Needs `project:read`: owner, admin, member, viewer.
         */
        get: operations["projects_get"];
        put?: never;
        post?: never;
        /**
         * Delete a project for good
         * @description Works in any state and cannot be undone. Archiving can be undone.
         *
         *     Needs `project:manage`: owner, admin.
         */
        delete: operations["projects_delete"];
        options?: never;
        head?: never;
        /**
         * Change a project
         * @description Changing another user's project, or giving a project to another owner, also needs `project:manage`.
         *
         *     Needs `project:update`: owner, admin, member.
         */
        patch: operations["projects_update"];
        trace?: never;
    };
    "/api/v1/projects/{id}/archive": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Archive a project
         * @description An archived project does not count against the quota and cannot be changed. Another user's project also needs `project:manage`.
         *
         *     Needs `project:update`: owner, admin, member.
         */
        post: operations["projects_archive"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{id}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restore an archived project
         * @description The project counts against `max_projects` again. Another user's project also needs `project:manage`.
         *
         *     Needs `project:update`: owner, admin, member.
         */
        post: operations["projects_restore"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List API keys
         * @description Your own keys. With `api_key:manage_any` also those of one user, or of the whole tenant.
         *
         *     Needs `api_key:manage`: owner, admin, member.
         */
        get: operations["apiKeys_list"];
        put?: never;
        /**
         * Make an API key
         * @description The key itself is in this response only. It acts as its user, within its scopes.
         *
         *     Needs `api_key:manage`: owner, admin, member.
         */
        post: operations["apiKeys_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/api-keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an API key, without the key itself
         * @description Needs `api_key:manage`: owner, admin, member.
         */
        get: operations["apiKeys_get"];
        put?: never;
        post?: never;
        /**
         * Revoke an API key
         * @description Your own key, or with `api_key:manage_any` any key. It takes effect with the next request.
         *
         *     Needs `api_key:manage`: owner, admin, member.
         */
        delete: operations["apiKeys_revoke"];
        options?: never;
        head?: never;
        /**
         * Rename your own API key
         * @description Needs `api_key:manage`: owner, admin, member.
         */
        patch: operations["apiKeys_update"];
        trace?: never;
    };
    "/api/v1/auth/api-keys/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace your own API key
         * @description The new key has the same name, scopes and lifetime, counted from now, and is in this response only. The old one stops working at once, or after `overlap_seconds`.
         *
         *     Needs `api_key:manage`: owner, admin, member.
         */
        post: operations["apiKeys_rotate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit-logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List audit entries
         * @description Offsets go up to 10,000. For older entries use `from` and `to`, or the export.
         *
         *     Needs `audit:read`: owner, admin.
         */
        get: operations["auditLogs_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit-logs/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Verify the chain of audit entries
         * @description Reads the whole chain, from the first entry to the last committed one. A million entries take a minute or two.
         *
         *     Needs `audit:read`: owner, admin.
         */
        get: operations["auditLogs_verify"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit-logs/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export audit entries as CSV or NDJSON
         * @description Entries come in the order of the chain. An NDJSON export has all that `coditect-license audit verify` needs to verify it offline. CSV is `text/csv`. The export itself is recorded as an audit entry.
         *
         *     Needs `audit:export`: owner, admin.
         */
        get: operations["auditLogs_export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit-logs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an audit entry
         * @description Needs `audit:read`: owner, admin.
         */
        get: operations["auditLogs_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/analytics/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the seats in use over time
         * @description Samples of five minutes are kept for 35 days, hours for 400 days, days for ever. The newest sample is about two minutes old. Without `license_id` the licenses are added up: `peak` is then the sum of their peaks, and a user of two licenses counts twice.
         *
         *     Needs `analytics:read`: owner, admin, viewer.
         */
        get: operations["analytics_usage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/analytics/heatmap": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the seats in use by weekday and hour
         * @description In time zones whose offset from UTC is not in whole hours, hours are exact for the last 35 days only.
         *
         *     Needs `analytics:read`: owner, admin, viewer.
         */
        get: operations["analytics_heatmap"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/analytics/denials": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read refused acquires over time, by reason and by user
         * @description Refusals of the same user by the same license for the same reason are one denial as long as each follows within 10 minutes of the previous one. It counts at the time of the first.
         *
         *     Needs `analytics:read`: owner, admin, viewer.
         */
        get: operations["analytics_denials"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/analytics/forecast": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Forecast the daily peak of seats in use
         * @description Damped Holt-Winters with a weekly season. With fewer than 21 whole days of history, last week with drift. The bands contain 80 % and 95 % of the errors that the same method would have made in the past.
         *
         *     Needs `analytics:read`: owner, admin, viewer.
         */
        get: operations["analytics_forecast"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/analytics/what-if": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Replay the past with another number of seats
         * @description Returns how many denials for lack of a seat would have remained.
         *
         *     Needs `analytics:read`: owner, admin, viewer.
         */
        get: operations["analytics_whatIf"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Watch seats, licenses, people and projects live
         * @description Server-Sent Events: `seat.acquired`, `seat.released`, `seat.expired`, `seat.revoked`, `license.changed`, `denial.created`, `user.changed`, `invitation.changed` and `project.changed`, each with an id. `reset` means that everything has to be read anew; `end` comes before the server ends the stream. Send the last id as `Last-Event-ID` to resume after it. Without `license_session:read_all` a caller gets events of its own sessions, and only the seat counts for sessions of others. A change is sent to callers who may read the changed resource.
         *
         *     Needs `license_session:read`: owner, admin, member, viewer.
         */
        get: operations["stream_open"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the webhooks of the tenant
         * @description Needs `webhook:manage`: owner, admin.
         */
        get: operations["webhooks_list"];
        put?: never;
        /**
         * Create a webhook
         * @description Only this answer has the secret that verifies signatures. A tenant has at most 20 webhooks.
         *
         *     Needs `webhook:manage`: owner, admin.
         */
        post: operations["webhooks_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a webhook
         * @description Needs `webhook:manage`: owner, admin.
         */
        get: operations["webhooks_get"];
        put?: never;
        post?: never;
        /**
         * Delete a webhook with its deliveries
         * @description Needs `webhook:manage`: owner, admin.
         */
        delete: operations["webhooks_delete"];
        options?: never;
        head?: never;
        /**
         * Change a webhook
         * @description Needs `webhook:manage`: owner, admin.
         */
        patch: operations["webhooks_update"];
        trace?: never;
    };
    "/api/v1/webhooks/{id}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a webhook a new secret
         * @description For 24 hours, deliveries are signed with both the new and the previous secret.
         *
         *     Needs `webhook:manage`: owner, admin.
         */
        post: operations["webhooks_rotateSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{id}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Enable a webhook
         * @description It receives events from now on. Use replay for those it missed.
         *
         *     Needs `webhook:manage`: owner, admin.
         */
        post: operations["webhooks_enable"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{id}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Disable a webhook
         * @description Pending deliveries are skipped.
         *
         *     Needs `webhook:manage`: owner, admin.
         */
        post: operations["webhooks_disable"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the deliveries of a webhook
         * @description Needs `webhook:manage`: owner, admin.
         */
        get: operations["webhookDeliveries_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/deliveries/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a delivery with its attempts
         * @description Needs `webhook:manage`: owner, admin.
         */
        get: operations["webhookDeliveries_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/deliveries/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a delivery again
         * @description Sends the delivery as soon as possible, whatever its status. It keeps its `webhook-id`, by which the receiver recognizes it.
         *
         *     Needs `webhook:manage`: owner, admin.
         */
        post: operations["webhookDeliveries_retry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Deliver the events of a time range again
         * @description Delivers the events that the webhook has selected, in their order, whether they were delivered before or not. Refused if more than 10,000 deliveries would then be pending.
         *
         *     Needs `webhook:manage`: owner, admin.
         */
        post: operations["webhookDeliveries_replay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a test event now
         * @description Sends a signed event of type `webhook.test` and returns the answer of the endpoint.
         *
         *     Needs `webhook:manage`: owner, admin.
         */
        post: operations["webhookDeliveries_test"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read events in their order
         * @description Events of the last 30 days. Ask again with `after` = `last_sequence`: no event is missed or repeated.
         *
         *     Needs `event:read`: owner, admin.
         */
        get: operations["events_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @example {
         *       "status": "ok"
         *     }
         */
        Liveness: {
            /** @enum {string} */
            status: "ok";
        };
        /**
         * @example {
         *       "status": "ok",
         *       "postgres": "ok",
         *       "redis": "ok"
         *     }
         */
        Readiness: {
            /** @enum {string} */
            status: "ok" | "degraded";
            /** @enum {string} */
            postgres: "ok";
            /** @enum {string} */
            redis: "ok" | "unavailable";
        };
        /**
         * @example {
         *       "email": "ada@acme.example",
         *       "password": "correct horse battery staple"
         *     }
         */
        LoginRequest: {
            /** Format: email */
            email: string;
            password: string;
            /** @description Slug. Needed only if the e-mail belongs to several tenants */
            tenant?: string;
            /** @description Needed once the second factor is on. Without it, a correct password is answered with two_factor_required */
            two_factor_code?: string;
            /** @default body */
            token_delivery: components["schemas"]["TokenDelivery"];
        };
        /** @enum {string} */
        TokenDelivery: "body" | "cookie";
        /**
         * @example {
         *       "access_token": "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI2ZjFjOWEzZSJ9.c2lnbmF0dXJl",
         *       "token_type": "Bearer",
         *       "expires_in": 900,
         *       "refresh_token": "crt_AZK1fR2bcQOLQ7xLhH0Q1mZ3c0V5d2h4a1R5c0p6WGx2bU53bUZ5S3VqT3F0YUhlZ2lZ",
         *       "refresh_token_expires_in": 2592000
         *     }
         */
        TokenResponse: {
            access_token: string;
            /** @enum {string} */
            token_type: "Bearer";
            /** @description Lifetime of the access token in seconds */
            expires_in: number;
            /** @description Missing when it was set as a cookie */
            refresh_token?: string;
            /** @description Seconds until the login ends and a new sign-in is needed. Refreshing does not prolong it */
            refresh_token_expires_in: number;
        };
        /**
         * @example {
         *       "refresh_token": "crt_AZK1fR2bcQOLQ7xLhH0Q1mZ3c0V5d2h4a1R5c0p6WGx2bU53bUZ5S3VqT3F0YUhlZ2lZ"
         *     }
         */
        RefreshRequest: {
            /** @description Without it, the cookie is read */
            refresh_token?: string;
            /** @description Default: as the used token was sent. A token from the cookie is never returned in the body. */
            token_delivery?: components["schemas"]["TokenDelivery"];
        };
        /**
         * @example {
         *       "refresh_token": "crt_AZK1fR2bcQOLQ7xLhH0Q1mZ3c0V5d2h4a1R5c0p6WGx2bU53bUZ5S3VqT3F0YUhlZ2lZ"
         *     }
         */
        LogoutRequest: {
            /** @description Without it, the cookie is read */
            refresh_token?: string;
        };
        /**
         * @example {
         *       "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
         *       "email": "ada@acme.example",
         *       "name": "Ada Lovelace",
         *       "role": "admin",
         *       "tenant": {
         *         "id": "0195a4bf-8e1d-7c3a-9f42-61d7b0c5e8a1",
         *         "slug": "acme",
         *         "name": "Acme"
         *       },
         *       "email_verified": true,
         *       "has_password": true,
         *       "two_factor_enabled": true,
         *       "two_factor_required": false,
         *       "permissions": [
         *         "self:read",
         *         "license:read"
         *       ],
         *       "last_login_at": "2026-11-22T09:30:00.000Z"
         *     }
         */
        Me: {
            /** Format: uuid */
            id: string;
            /** Format: email */
            email: string;
            name: string;
            role: components["schemas"]["UserRole"];
            tenant: {
                /** Format: uuid */
                id: string;
                slug: string;
                name: string;
            };
            email_verified: boolean;
            /** @description False for users who signed in at a provider and never set a password. auth/password/forgot sends a link to set one */
            has_password: boolean;
            two_factor_enabled: boolean;
            /** @description The organization requires a second factor, and this user has none. Until then, only the own account is accessible */
            two_factor_required: boolean;
            permissions: components["schemas"]["Permission"][];
            last_login_at: string | null;
        };
        /** @enum {string} */
        UserRole: "owner" | "admin" | "member" | "viewer";
        /**
         * @example license:read
         * @enum {string}
         */
        Permission: "self:read" | "self:update" | "license:read" | "license_session:acquire" | "license_session:read" | "license_session:read_all" | "license_session:hold" | "license_session:end_any" | "user:read" | "user:read_all" | "user:invite" | "user:update" | "user:disable" | "user:reset_two_factor" | "user:remove" | "user:erase" | "tenant:read" | "tenant:update" | "tenant:export" | "tenant:delete" | "project:read" | "project:create" | "project:update" | "project:manage" | "analytics:read" | "audit:read" | "audit:export" | "webhook:manage" | "event:read" | "api_key:manage" | "api_key:manage_any";
        /**
         * @example {
         *       "count": 1,
         *       "next": null,
         *       "previous": null,
         *       "results": [
         *         {
         *           "id": "0193a1f0-5b1e-7c3e-9b57-0a6c2f4f8f11",
         *           "method": "password",
         *           "ip": "203.0.113.7",
         *           "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
         *           "created_at": "2026-11-20T08:00:00.000Z",
         *           "last_used_at": "2026-11-22T09:30:00.000Z",
         *           "expires_at": "2026-12-20T08:00:00.000Z",
         *           "current": true
         *         }
         *       ]
         *     }
         */
        LoginPage: {
            count: number;
            next: string | null;
            previous: string | null;
            results: components["schemas"]["Login"][];
        };
        /**
         * @example {
         *       "id": "0193a1f0-5b1e-7c3e-9b57-0a6c2f4f8f11",
         *       "method": "password",
         *       "ip": "203.0.113.7",
         *       "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
         *       "created_at": "2026-11-20T08:00:00.000Z",
         *       "last_used_at": "2026-11-22T09:30:00.000Z",
         *       "expires_at": "2026-12-20T08:00:00.000Z",
         *       "current": true
         *     }
         */
        Login: {
            /** Format: uuid */
            id: string;
            /** @description password, oauth:<provider>, device or invitation */
            method: string;
            /** @description The address it was last used from */
            ip: string | null;
            user_agent: string | null;
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description When it started or was last refreshed
             */
            last_used_at: string;
            /**
             * Format: date-time
             * @description When it ends. Refreshing does not prolong it
             */
            expires_at: string;
            /** @description True for the login of this request */
            current: boolean;
        };
        /**
         * @default {}
         * @example {
         *       "except_current": true
         *     }
         */
        LogoutEverywhereRequest: {
            /** @default false */
            except_current: boolean;
        };
        /**
         * @example {
         *       "client_name": "coditect-license on build-7"
         *     }
         */
        DeviceAuthorizationRequest: {
            /** @description Shown to the person who approves the device */
            client_name: string;
        };
        /**
         * @example {
         *       "device_code": "cdc_q8N1fR2bcQOLQ7xLhH0Q1mZ3c0V5d2h4a1R5c0p6WGw",
         *       "user_code": "WDJB-MJHT",
         *       "verification_uri": "https://app.example.com/device",
         *       "verification_uri_complete": "https://app.example.com/device?user_code=WDJB-MJHT",
         *       "expires_in": 600,
         *       "interval": 5
         *     }
         */
        DeviceAuthorizationResponse: {
            device_code: string;
            user_code: string;
            verification_uri: string;
            verification_uri_complete: string;
            /** @description Lifetime of both codes in seconds */
            expires_in: number;
            /** @description Minimum seconds between two polls */
            interval: number;
        };
        /**
         * @example {
         *       "device_code": "cdc_q8N1fR2bcQOLQ7xLhH0Q1mZ3c0V5d2h4a1R5c0p6WGw"
         *     }
         */
        DeviceTokenRequest: {
            device_code: string;
            /**
             * @description Required by RFC 8628. Only this value is accepted
             * @enum {string}
             */
            grant_type?: "urn:ietf:params:oauth:grant-type:device_code";
        };
        /**
         * @example {
         *       "client_name": "coditect-license on build-7",
         *       "ip": "203.0.113.7",
         *       "created_at": "2026-11-22T09:30:00.000Z",
         *       "expires_at": "2026-11-22T09:40:00.000Z"
         *     }
         */
        WaitingDevice: {
            client_name: string;
            ip: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at: string;
        };
        /**
         * @example {
         *       "current_password": "correct horse battery staple",
         *       "new_password": "nanoseconds of wire, handed out"
         *     }
         */
        ChangePasswordRequest: {
            current_password: string;
            new_password: string;
        };
        /**
         * @example {
         *       "email": "ada@acme.example"
         *     }
         */
        ForgotPasswordRequest: {
            /** Format: email */
            email: string;
            /** @description Slug. Without it, every organization of the e-mail address gets a mail */
            tenant?: string;
        };
        /**
         * @example {
         *       "token": "cpr_AZWkv44dfDqfQmHXsMXooUFOZ0hGb3V6N1cxb0ZtVjN4a2xQYzl0UjJiTGVXcVlu",
         *       "password": "nanoseconds of wire, handed out"
         *     }
         */
        ResetPasswordRequest: {
            token: string;
            password: string;
        };
        /**
         * @example {
         *       "email": "ada.king@acme.example",
         *       "current_password": "correct horse battery staple"
         *     }
         */
        ChangeEmailRequest: {
            /** Format: email */
            email: string;
            /** @description Required if the user has a password */
            current_password?: string;
        };
        /**
         * @example {
         *       "token": "cec_AZWkv44dfDqfQmHXsMXooUFOZ0hGb3V6N1cxb0ZtVjN4a2xQYzl0UjJiTGVXcVlu"
         *     }
         */
        ConfirmEmailChangeRequest: {
            token: string;
        };
        /**
         * @example {
         *       "token": "cev_AZWkv44dfDqfQmHXsMXooUFOZ0hGb3V6N1cxb0ZtVjN4a2xQYzl0UjJiTGVXcVlu"
         *     }
         */
        VerifyEmailRequest: {
            token: string;
        };
        /**
         * @example {
         *       "enabled": true,
         *       "recovery_codes_left": 9
         *     }
         */
        SecondFactorStatus: {
            enabled: boolean;
            recovery_codes_left: number;
        };
        /**
         * @example {
         *       "current_password": "correct horse battery staple"
         *     }
         */
        SetUpTotpRequest: {
            /** @description Required if the user has a password */
            current_password?: string;
        };
        /**
         * @example {
         *       "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
         *       "otpauth_url": "otpauth://totp/CODITECT:ada%40acme.example?issuer=CODITECT&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&algorithm=SHA1&digits=6&period=30"
         *     }
         */
        TotpSetup: {
            /** @description Base32, to type into an authenticator app */
            secret: string;
            /** @description The same secret as a URL, to show as a QR code */
            otpauth_url: string;
        };
        /**
         * @example {
         *       "code": "492 039"
         *     }
         */
        SecondFactorCodeRequest: {
            code: string;
        };
        /**
         * @example {
         *       "recovery_codes": [
         *         "7rj3k-0w9xq",
         *         "b2m8t-vh5pz"
         *       ]
         *     }
         */
        RecoveryCodes: {
            /** @description Shown only once. Each code works once */
            recovery_codes: string[];
        };
        /**
         * @example {
         *       "count": 2,
         *       "next": null,
         *       "previous": null,
         *       "results": [
         *         {
         *           "id": "google",
         *           "name": "Google",
         *           "kind": "oidc"
         *         },
         *         {
         *           "id": "acme",
         *           "name": "Acme",
         *           "kind": "identity_platform",
         *           "project_id": "acme-sign-in"
         *         }
         *       ]
         *     }
         */
        SignInProviderPage: {
            count: number;
            next: string | null;
            previous: string | null;
            results: components["schemas"]["SignInProvider"][];
        };
        /**
         * @example {
         *       "id": "google",
         *       "name": "Google",
         *       "kind": "oidc"
         *     }
         */
        SignInProvider: {
            /**
             * @description Id of a sign-in provider
             * @example google
             */
            id: string;
            name: string;
            /**
             * @description For `identity_platform`, sign in with its SDK in the browser. For all others, use `start`
             * @enum {string}
             */
            kind: "oidc" | "github" | "identity_platform";
            /** @description The project on Google Cloud. Only for `identity_platform` */
            project_id?: string;
        };
        /**
         * @example {
         *       "id_token": "eyJhbGciOiJSUzI1NiIsImtpZCI6IjE3In0.eyJhdWQiOiJhY21lLXNpZ24taW4iLCJzdWIiOiJ4aDRmIn0.c2lnbmF0dXJl",
         *       "token_delivery": "cookie"
         *     }
         */
        SignInByTokenRequest: {
            /**
             * @description The ID token that the SDK of the provider returned in the browser
             * @example eyJhbGciOiJSUzI1NiIsImtpZCI6IjE3In0.eyJhdWQiOiJhY21lLXNpZ24taW4iLCJzdWIiOiJ4aDRmIn0.c2lnbmF0dXJl
             */
            id_token: string;
            /** @description Slug. Needed only by users who belong to several tenants */
            tenant?: string;
            /** @default body */
            token_delivery: components["schemas"]["TokenDelivery"];
        };
        /**
         * @example {
         *       "count": 1,
         *       "next": null,
         *       "previous": null,
         *       "results": [
         *         {
         *           "id": "0195a4c2-31c7-7b0e-9d52-6e8f1a2b3c4d",
         *           "provider": "google",
         *           "email": "ada@acme.example",
         *           "created_at": "2026-11-20T08:00:00.000Z"
         *         }
         *       ]
         *     }
         */
        IdentityPage: {
            count: number;
            next: string | null;
            previous: string | null;
            results: components["schemas"]["Identity"][];
        };
        /**
         * @example {
         *       "id": "0195a4c2-31c7-7b0e-9d52-6e8f1a2b3c4d",
         *       "provider": "google",
         *       "email": "ada@acme.example",
         *       "created_at": "2026-11-20T08:00:00.000Z"
         *     }
         */
        Identity: {
            /** Format: uuid */
            id: string;
            provider: string;
            /** @description The address that the provider gave when the identity was linked */
            email: string | null;
            /** Format: date-time */
            created_at: string;
        };
        /**
         * @example {
         *       "return_to": "/settings/account"
         *     }
         */
        LinkIdentityRequest: {
            /**
             * @description A path of the dashboard
             * @default /
             * @example /licenses
             */
            return_to: string;
            /**
             * @description Only for providers of kind `identity_platform`
             * @example eyJhbGciOiJSUzI1NiIsImtpZCI6IjE3In0.eyJhdWQiOiJhY21lLXNpZ24taW4iLCJzdWIiOiJ4aDRmIn0.c2lnbmF0dXJl
             */
            id_token?: string;
        };
        /**
         * @example {
         *       "url": "https://accounts.google.com/o/oauth2/v2/auth?response_type=code&client_id=example"
         *     }
         */
        LinkIdentityResponse: {
            /** @description URL of the provider. Send the browser there within ten minutes */
            url: string;
        } | {
            /**
             * @description By the ID token, at once
             * @enum {boolean}
             */
            linked: true;
        };
        /**
         * @example {
         *       "id": "0195a4bf-8e1d-7c3a-9f42-61d7b0c5e8a1",
         *       "slug": "acme",
         *       "name": "Acme",
         *       "status": "active",
         *       "plan_tier": "team",
         *       "contact_email": "it@acme.example",
         *       "require_two_factor": false,
         *       "delete_after": null,
         *       "version": 3,
         *       "created_at": "2026-11-20T08:00:00.000Z",
         *       "updated_at": "2026-11-22T09:30:00.000Z"
         *     }
         */
        Tenant: {
            /** Format: uuid */
            id: string;
            slug: string;
            name: string;
            /** @enum {string} */
            status: "active" | "suspended" | "closed";
            plan_tier: components["schemas"]["PlanTier"];
            contact_email: string | null;
            require_two_factor: boolean;
            /** @description Set while the organization is closed: when its data will be deleted permanently */
            delete_after: string | null;
            /** @description Increases with every change. The ETag is made from it */
            version: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /** @enum {string} */
        PlanTier: "free" | "pro" | "team" | "enterprise";
        /**
         * @example {
         *       "name": "Acme Aerospace",
         *       "slug": "acme-aerospace"
         *     }
         */
        UpdateTenantRequest: {
            name?: string;
            /** @description Users enter it when they sign in. The old slug stays reserved for the organization for 90 days */
            slug?: string;
            contact_email?: string | null;
            /** @description The user who turns this on must already have a second factor */
            require_two_factor?: boolean;
        };
        /**
         * @example {
         *       "plan_tier": "team",
         *       "features": [
         *         "editor",
         *         "agents",
         *         "collaboration"
         *       ],
         *       "users": {
         *         "limit": 50,
         *         "used": 12,
         *         "pending_invitations": 2
         *       },
         *       "projects": {
         *         "limit": 100,
         *         "used": 7
         *       },
         *       "licenses": [
         *         {
         *           "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
         *           "product": "coditect",
         *           "status": "active",
         *           "seats_total": 25,
         *           "seats_in_use": 9
         *         }
         *       ]
         *     }
         */
        TenantQuota: {
            plan_tier: components["schemas"]["PlanTier"];
            /** @description Features that the plan includes */
            features: string[];
            users: {
                limit: number;
                /** @description Users, including disabled ones, and open invitations */
                used: number;
                /** @description How many of them are open invitations */
                pending_invitations: number;
            };
            projects: {
                limit: number;
                /** @description Active projects. Archived ones do not count */
                used: number;
            };
            /** @description Oldest first */
            licenses: {
                /** Format: uuid */
                license_id: string;
                product: string;
                /** @enum {string} */
                status: "active" | "suspended" | "revoked";
                /** @description Bought */
                seats_total: number;
                seats_in_use: number;
            }[];
        };
        /**
         * @example {
         *       "confirm_slug": "acme",
         *       "password": "correct horse battery staple"
         *     }
         */
        CloseTenantRequest: {
            /** @description The slug of the organization, typed as a confirmation */
            confirm_slug: string;
            /** @description The caller's password. Required if the account has one */
            password?: string;
        };
        /**
         * @example {
         *       "count": 1,
         *       "next": null,
         *       "previous": null,
         *       "results": [
         *         {
         *           "id": "0195a4c1-4b7e-7a02-9d35-c8e1f26a7b90",
         *           "status": "ready",
         *           "requested_by": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
         *           "size_bytes": 183422,
         *           "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
         *           "error": null,
         *           "created_at": "2026-11-20T08:00:00.000Z",
         *           "completed_at": "2026-11-22T09:30:00.000Z",
         *           "expires_at": "2026-11-29T09:30:00.000Z"
         *         }
         *       ]
         *     }
         */
        DataExportPage: {
            count: number;
            next: string | null;
            previous: string | null;
            results: components["schemas"]["DataExport"][];
        };
        /**
         * @example {
         *       "id": "0195a4c1-4b7e-7a02-9d35-c8e1f26a7b90",
         *       "status": "ready",
         *       "requested_by": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
         *       "size_bytes": 183422,
         *       "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
         *       "error": null,
         *       "created_at": "2026-11-20T08:00:00.000Z",
         *       "completed_at": "2026-11-22T09:30:00.000Z",
         *       "expires_at": "2026-11-29T09:30:00.000Z"
         *     }
         */
        DataExport: {
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            status: "pending" | "running" | "ready" | "failed" | "expired";
            /** Format: uuid */
            requested_by: string;
            size_bytes: number | null;
            /** @description SHA-256 of the zip file, in hex */
            sha256: string | null;
            error: string | null;
            /** Format: date-time */
            created_at: string;
            completed_at: string | null;
            /** @description When the download ends */
            expires_at: string | null;
        };
        /**
         * @example {
         *       "count": 1,
         *       "next": null,
         *       "previous": null,
         *       "results": [
         *         {
         *           "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
         *           "email": "ada@acme.example",
         *           "name": "Ada Lovelace",
         *           "role": "member",
         *           "status": "active",
         *           "email_verified": true,
         *           "two_factor_enabled": false,
         *           "seats_held": 1,
         *           "last_login_at": "2026-11-22T09:30:00.000Z",
         *           "last_seen_at": "2026-11-22T09:30:00.000Z",
         *           "version": 3,
         *           "created_at": "2026-11-20T08:00:00.000Z"
         *         }
         *       ]
         *     }
         */
        UserPage: {
            count: number;
            next: string | null;
            previous: string | null;
            results: components["schemas"]["User"][];
        };
        /**
         * @example {
         *       "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
         *       "email": "ada@acme.example",
         *       "name": "Ada Lovelace",
         *       "role": "member",
         *       "status": "active",
         *       "email_verified": true,
         *       "two_factor_enabled": false,
         *       "seats_held": 1,
         *       "last_login_at": "2026-11-22T09:30:00.000Z",
         *       "last_seen_at": "2026-11-22T09:30:00.000Z",
         *       "version": 3,
         *       "created_at": "2026-11-20T08:00:00.000Z"
         *     }
         */
        User: {
            /** Format: uuid */
            id: string;
            email: string;
            name: string;
            role: components["schemas"]["UserRole"];
            /**
             * @description removed: a tombstone that other rows still refer to
             * @enum {string}
             */
            status: "active" | "disabled" | "removed";
            email_verified: boolean;
            two_factor_enabled: boolean;
            /** @description How many seats the user holds now */
            seats_held: number;
            last_login_at: string | null;
            /** @description When a login was last used. API keys do not count */
            last_seen_at: string | null;
            /** @description Increases with every change of name, role, status, e-mail or second factor. The ETag is made from it */
            version: number;
            /** Format: date-time */
            created_at: string;
        };
        /**
         * @example {
         *       "role": "admin"
         *     }
         */
        UpdateUserRequest: {
            name?: string;
            role?: components["schemas"]["UserRole"];
        };
        /**
         * @example {
         *       "email": "grace@acme.example",
         *       "role": "member"
         *     }
         */
        InviteRequest: {
            /** Format: email */
            email?: string;
            role?: components["schemas"]["UserRole"];
            invitations?: {
                /** Format: email */
                email: string;
                role: components["schemas"]["UserRole"];
            }[];
        };
        /**
         * @example {
         *       "invitations": [
         *         {
         *           "id": "0195a4c2-7c10-7a4d-9e25-4b8d6f0a1c37",
         *           "email": "grace@acme.example",
         *           "role": "member",
         *           "status": "pending",
         *           "invited_by": {
         *             "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
         *             "email": "ada@acme.example",
         *             "name": "Ada Lovelace"
         *           },
         *           "sent_at": "2026-11-22T09:30:00.000Z",
         *           "expires_at": "2026-11-29T09:30:00.000Z",
         *           "accepted_at": null,
         *           "revoked_at": null,
         *           "created_at": "2026-11-22T09:30:00.000Z"
         *         }
         *       ]
         *     }
         */
        InviteResponse: {
            invitations: components["schemas"]["Invitation"][];
        };
        /**
         * @example {
         *       "id": "0195a4c2-7c10-7a4d-9e25-4b8d6f0a1c37",
         *       "email": "grace@acme.example",
         *       "role": "member",
         *       "status": "pending",
         *       "invited_by": {
         *         "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
         *         "email": "ada@acme.example",
         *         "name": "Ada Lovelace"
         *       },
         *       "sent_at": "2026-11-22T09:30:00.000Z",
         *       "expires_at": "2026-11-29T09:30:00.000Z",
         *       "accepted_at": null,
         *       "revoked_at": null,
         *       "created_at": "2026-11-22T09:30:00.000Z"
         *     }
         */
        Invitation: {
            /** Format: uuid */
            id: string;
            email: string;
            role: components["schemas"]["UserRole"];
            /** @enum {string} */
            status: "pending" | "accepted" | "revoked" | "expired";
            invited_by: {
                /** Format: uuid */
                id: string;
                email: string;
                name: string;
            };
            /**
             * Format: date-time
             * @description When the link was last sent
             */
            sent_at: string;
            /** Format: date-time */
            expires_at: string;
            accepted_at: string | null;
            revoked_at: string | null;
            /** Format: date-time */
            created_at: string;
        };
        /**
         * @example {
         *       "count": 1,
         *       "next": null,
         *       "previous": null,
         *       "results": [
         *         {
         *           "id": "0195a4c2-7c10-7a4d-9e25-4b8d6f0a1c37",
         *           "email": "grace@acme.example",
         *           "role": "member",
         *           "status": "pending",
         *           "invited_by": {
         *             "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
         *             "email": "ada@acme.example",
         *             "name": "Ada Lovelace"
         *           },
         *           "sent_at": "2026-11-22T09:30:00.000Z",
         *           "expires_at": "2026-11-29T09:30:00.000Z",
         *           "accepted_at": null,
         *           "revoked_at": null,
         *           "created_at": "2026-11-22T09:30:00.000Z"
         *         }
         *       ]
         *     }
         */
        InvitationPage: {
            count: number;
            next: string | null;
            previous: string | null;
            results: components["schemas"]["Invitation"][];
        };
        /**
         * @example {
         *       "tenant": {
         *         "slug": "acme",
         *         "name": "Acme Rockets"
         *       },
         *       "email": "grace@acme.example",
         *       "role": "member",
         *       "expires_at": "2026-11-29T09:30:00.000Z"
         *     }
         */
        OpenInvitation: {
            tenant: {
                slug: string;
                name: string;
            };
            email: string;
            role: components["schemas"]["UserRole"];
            /** Format: date-time */
            expires_at: string;
        };
        /**
         * @example {
         *       "name": "Grace Hopper",
         *       "password": "nanoseconds of wire, handed out"
         *     }
         */
        AcceptInvitationRequest: {
            name: string;
            password: string;
            /** @default body */
            token_delivery: components["schemas"]["TokenDelivery"];
        };
        /**
         * @example {
         *       "name": "Ada King"
         *     }
         */
        UpdateProfileRequest: {
            name?: string;
        };
        /**
         * @example {
         *       "machine_id": "6f1c9a3e-6f0d-4c3e-9b57-0a6c2f4f8f11",
         *       "features": [
         *         "editor"
         *       ]
         *     }
         */
        AcquireRequest: {
            machine_id: string;
            hardware_fingerprint?: {
                [key: string]: unknown;
            };
            license_key?: string;
            /** @description Without license_key; coditect by default */
            product?: string;
            /**
             * @description The license must include all of them. Otherwise no seat is taken
             * @default []
             */
            features: string[];
        };
        /**
         * @example {
         *       "session_token": "cst_AZWkv44dfDqfQmHXsMXooQ…",
         *       "session_id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
         *       "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
         *       "seat_no": 1,
         *       "lease_expires_at": "2026-11-22T09:36:00.000Z",
         *       "heartbeat_interval_seconds": 120,
         *       "expires_at": "2026-11-22T17:30:00.000Z",
         *       "features": [
         *         "editor",
         *         "agents"
         *       ],
         *       "signed_license": {
         *         "payload": {
         *           "session_id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
         *           "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
         *           "user_id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
         *           "tenant_id": "0195a4bf-8e1d-7c3a-9f42-61d7b0c5e8a1",
         *           "machine_id": "6f1c9a3e-6f0d-4c3e-9b57-0a6c2f4f8f11",
         *           "plan_tier": "team",
         *           "features": [
         *             "editor",
         *             "agents"
         *           ],
         *           "seat_no": 1,
         *           "iat": 1795339800,
         *           "exp": 1795368600,
         *           "lease_seconds": 360,
         *           "iss": "https://licenses.example.com"
         *         },
         *         "signature": "b0pU…",
         *         "algorithm": "RSA_SIGN_PKCS1_4096_SHA256",
         *         "key_id": "local-2026-11",
         *         "token": "eyJhbGciOiJSUzI1NiIs….eyJzZXNzaW9uX2lkIjoi….b0pU…"
         *       }
         *     }
         */
        AcquireResponse: {
            /** @description The credential of heartbeat and release */
            session_token: string;
            /** Format: uuid */
            session_id: string;
            /** Format: uuid */
            license_id: string;
            seat_no: number;
            /** Format: date-time */
            lease_expires_at: string;
            heartbeat_interval_seconds: number;
            /**
             * Format: date-time
             * @description The session end: acquire again after it
             */
            expires_at: string;
            features: string[];
            signed_license: components["schemas"]["SignedLicense"];
        };
        /**
         * @example {
         *       "payload": {
         *         "session_id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
         *         "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
         *         "user_id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
         *         "tenant_id": "0195a4bf-8e1d-7c3a-9f42-61d7b0c5e8a1",
         *         "machine_id": "6f1c9a3e-6f0d-4c3e-9b57-0a6c2f4f8f11",
         *         "plan_tier": "team",
         *         "features": [
         *           "editor",
         *           "agents"
         *         ],
         *         "seat_no": 1,
         *         "iat": 1795339800,
         *         "exp": 1795368600,
         *         "lease_seconds": 360,
         *         "iss": "https://licenses.example.com"
         *       },
         *       "signature": "b0pU…",
         *       "algorithm": "RSA_SIGN_PKCS1_4096_SHA256",
         *       "key_id": "local-2026-11",
         *       "token": "eyJhbGciOiJSUzI1NiIs….eyJzZXNzaW9uX2lkIjoi….b0pU…"
         *     }
         */
        SignedLicense: {
            payload: {
                /** Format: uuid */
                session_id: string;
                /** Format: uuid */
                license_id: string;
                /** Format: uuid */
                user_id: string;
                /** Format: uuid */
                tenant_id: string;
                machine_id: string;
                plan_tier: components["schemas"]["PlanTier"];
                features: string[];
                seat_no: number;
                iat: number;
                exp: number;
                lease_seconds: number;
                iss: string;
            };
            signature: string;
            /** @enum {string} */
            algorithm: "RSA_SIGN_PKCS1_4096_SHA256";
            key_id: string;
            token: string;
        };
        /**
         * @example {
         *       "valid": true,
         *       "session_token": "cst_AZWkv44dfDqfQmHXsMXooQ…",
         *       "session_id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
         *       "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
         *       "seat_no": 1,
         *       "lease_expires_at": "2026-11-22T09:36:00.000Z",
         *       "heartbeat_interval_seconds": 120,
         *       "expires_at": "2026-11-22T17:30:00.000Z",
         *       "features": [
         *         "editor",
         *         "agents"
         *       ],
         *       "signed_license": {
         *         "payload": {
         *           "session_id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
         *           "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
         *           "user_id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
         *           "tenant_id": "0195a4bf-8e1d-7c3a-9f42-61d7b0c5e8a1",
         *           "machine_id": "6f1c9a3e-6f0d-4c3e-9b57-0a6c2f4f8f11",
         *           "plan_tier": "team",
         *           "features": [
         *             "editor",
         *             "agents"
         *           ],
         *           "seat_no": 1,
         *           "iat": 1795339800,
         *           "exp": 1795368600,
         *           "lease_seconds": 360,
         *           "iss": "https://licenses.example.com"
         *         },
         *         "signature": "b0pU…",
         *         "algorithm": "RSA_SIGN_PKCS1_4096_SHA256",
         *         "key_id": "local-2026-11",
         *         "token": "eyJhbGciOiJSUzI1NiIs….eyJzZXNzaW9uX2lkIjoi….b0pU…"
         *       }
         *     }
         */
        ValidateResponse: {
            /** @enum {boolean} */
            valid: true;
            /** @description The credential of heartbeat and release */
            session_token: string;
            /** Format: uuid */
            session_id: string;
            /** Format: uuid */
            license_id: string;
            seat_no: number;
            /** Format: date-time */
            lease_expires_at: string;
            heartbeat_interval_seconds: number;
            /**
             * Format: date-time
             * @description The session end: acquire again after it
             */
            expires_at: string;
            features: string[];
            signed_license: components["schemas"]["SignedLicense"];
        } | {
            /** @enum {boolean} */
            valid: false;
            code: string;
            error: string;
        };
        /**
         * @example {
         *       "session_token": "cst_AZWkv44dfDqfQmHXsMXooQ…"
         *     }
         */
        SessionTokenRequest: {
            session_token: string;
        };
        /**
         * @example {
         *       "session_id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
         *       "status": "active",
         *       "lease_expires_at": "2026-11-22T09:38:00.000Z",
         *       "heartbeat_interval_seconds": 120,
         *       "expires_at": "2026-11-22T17:30:00.000Z"
         *     }
         */
        HeartbeatResponse: {
            /** Format: uuid */
            session_id: string;
            /** @enum {string} */
            status: "active";
            /** Format: date-time */
            lease_expires_at: string;
            heartbeat_interval_seconds: number;
            /** Format: date-time */
            expires_at: string;
        };
        /**
         * @example {
         *       "session_id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
         *       "status": "released",
         *       "ended_at": "2026-11-22T09:30:00.000Z",
         *       "end_reason": "released"
         *     }
         */
        ReleaseResponse: {
            /** Format: uuid */
            session_id: string;
            /** @enum {string} */
            status: "active" | "released" | "expired" | "revoked";
            /** Format: date-time */
            ended_at: string;
            end_reason: string;
        };
        /**
         * @example {
         *       "count": 1,
         *       "next": null,
         *       "previous": null,
         *       "results": [
         *         {
         *           "id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
         *           "key": "CODI-7Q4M-2XKD-9RTB-HW6E",
         *           "product": "coditect",
         *           "plan_tier": "team",
         *           "status": "active",
         *           "seats_total": 25,
         *           "seats_in_use": 7,
         *           "seats_free": 18,
         *           "features": [
         *             "editor",
         *             "agents",
         *             "collaboration"
         *           ],
         *           "lease_seconds": 360,
         *           "session_seconds": 28800,
         *           "valid_from": "2026-11-20T08:00:00.000Z",
         *           "valid_until": "2027-11-20T08:00:00.000Z",
         *           "created_at": "2026-11-20T08:00:00.000Z"
         *         }
         *       ]
         *     }
         */
        LicensePage: {
            count: number;
            next: string | null;
            previous: string | null;
            results: components["schemas"]["License"][];
        };
        /**
         * @example {
         *       "id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
         *       "key": "CODI-7Q4M-2XKD-9RTB-HW6E",
         *       "product": "coditect",
         *       "plan_tier": "team",
         *       "status": "active",
         *       "seats_total": 25,
         *       "seats_in_use": 7,
         *       "seats_free": 18,
         *       "features": [
         *         "editor",
         *         "agents",
         *         "collaboration"
         *       ],
         *       "lease_seconds": 360,
         *       "session_seconds": 28800,
         *       "valid_from": "2026-11-20T08:00:00.000Z",
         *       "valid_until": "2027-11-20T08:00:00.000Z",
         *       "created_at": "2026-11-20T08:00:00.000Z"
         *     }
         */
        License: {
            /** Format: uuid */
            id: string;
            /** @example CODI-7Q4M-2XKD-9RTB-HW6E */
            key: string;
            product: string;
            plan_tier: components["schemas"]["PlanTier"];
            /** @enum {string} */
            status: "active" | "suspended" | "revoked";
            seats_total: number;
            seats_in_use: number;
            seats_free: number;
            features: string[];
            lease_seconds: number;
            session_seconds: number;
            /** Format: date-time */
            valid_from: string;
            valid_until: string | null;
            /** Format: date-time */
            created_at: string;
        };
        /**
         * @example {
         *       "count": 1,
         *       "next": null,
         *       "previous": null,
         *       "results": [
         *         {
         *           "id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
         *           "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
         *           "user": {
         *             "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
         *             "email": "ada@acme.example",
         *             "name": "Ada Lovelace"
         *           },
         *           "machine_id": "6f1c9a3e-6f0d-4c3e-9b57-0a6c2f4f8f11",
         *           "seat_no": 1,
         *           "status": "active",
         *           "started_at": "2026-11-22T09:30:00.000Z",
         *           "last_heartbeat_at": "2026-11-22T09:30:00.000Z",
         *           "lease_expires_at": "2026-11-22T09:36:00.000Z",
         *           "expires_at": "2026-11-22T17:30:00.000Z",
         *           "ended_at": null,
         *           "end_reason": null
         *         }
         *       ]
         *     }
         */
        LicenseSessionPage: {
            count: number;
            next: string | null;
            previous: string | null;
            results: components["schemas"]["LicenseSession"][];
        };
        /**
         * @example {
         *       "id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
         *       "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
         *       "user": {
         *         "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
         *         "email": "ada@acme.example",
         *         "name": "Ada Lovelace"
         *       },
         *       "machine_id": "6f1c9a3e-6f0d-4c3e-9b57-0a6c2f4f8f11",
         *       "seat_no": 1,
         *       "status": "active",
         *       "started_at": "2026-11-22T09:30:00.000Z",
         *       "last_heartbeat_at": "2026-11-22T09:30:00.000Z",
         *       "lease_expires_at": "2026-11-22T09:36:00.000Z",
         *       "expires_at": "2026-11-22T17:30:00.000Z",
         *       "ended_at": null,
         *       "end_reason": null
         *     }
         */
        LicenseSession: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            license_id: string;
            user: {
                /** Format: uuid */
                id: string;
                email: string;
                name: string;
            };
            machine_id: string;
            seat_no: number;
            /** @enum {string} */
            status: "active" | "released" | "expired" | "revoked";
            /** Format: date-time */
            started_at: string;
            /** Format: date-time */
            last_heartbeat_at: string;
            /** Format: date-time */
            lease_expires_at: string;
            /** Format: date-time */
            expires_at: string;
            ended_at: string | null;
            end_reason: string | null;
        };
        /**
         * @example {
         *       "contacts": [
         *         {
         *           "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
         *           "name": "Ada Lovelace",
         *           "role": "admin"
         *         }
         *       ]
         *     }
         */
        LicenseContacts: {
            contacts: {
                /** Format: uuid */
                id: string;
                name: string;
                role: components["schemas"]["UserRole"];
            }[];
        };
        /**
         * @example {
         *       "keys": [
         *         {
         *           "kty": "RSA",
         *           "kid": "local-2026-11",
         *           "use": "sig",
         *           "alg": "RS256",
         *           "n": "u7c4…",
         *           "e": "AQAB"
         *         }
         *       ]
         *     }
         */
        Jwks: {
            keys: {
                /** @enum {string} */
                kty: "RSA";
                kid: string;
                /** @enum {string} */
                use: "sig";
                /** @enum {string} */
                alg: "RS256";
                n: string;
                e: string;
            }[];
        };
        /**
         * @example {
         *       "count": 1,
         *       "next": null,
         *       "previous": null,
         *       "results": [
         *         {
         *           "id": "019a5f70-9b1e-7c44-a1d2-3e4f5a6b7c8d",
         *           "name": "Flight software",
         *           "description": "Guidance, navigation and control",
         *           "status": "active",
         *           "owner": {
         *             "id": "019a5f6e-1c2b-7d3e-8f40-5a6b7c8d9e0f",
         *             "email": "ada@acme.test",
         *             "name": "Ada Lovelace"
         *           },
         *           "archived_at": null,
         *           "version": 1,
         *           "created_at": "2026-11-22T09:30:00.000Z",
         *           "updated_at": "2026-11-22T09:30:00.000Z"
         *         }
         *       ]
         *     }
         */
        ProjectPage: {
            count: number;
            next: string | null;
            previous: string | null;
            results: components["schemas"]["Project"][];
        };
        /**
         * @example {
         *       "id": "019a5f70-9b1e-7c44-a1d2-3e4f5a6b7c8d",
         *       "name": "Flight software",
         *       "description": "Guidance, navigation and control",
         *       "status": "active",
         *       "owner": {
         *         "id": "019a5f6e-1c2b-7d3e-8f40-5a6b7c8d9e0f",
         *         "email": "ada@acme.test",
         *         "name": "Ada Lovelace"
         *       },
         *       "archived_at": null,
         *       "version": 1,
         *       "created_at": "2026-11-22T09:30:00.000Z",
         *       "updated_at": "2026-11-22T09:30:00.000Z"
         *     }
         */
        Project: {
            /** Format: uuid */
            id: string;
            name: string;
            description: string;
            /** @enum {string} */
            status: "active" | "archived";
            owner: {
                /** Format: uuid */
                id: string;
                email: string;
                name: string;
            };
            archived_at: string | null;
            /** @description Increases with every change. The ETag is made from it */
            version: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * @example {
         *       "name": "Flight software",
         *       "description": "Guidance, navigation and control"
         *     }
         */
        CreateProjectRequest: {
            name: string;
            /** @default  */
            description: string;
        };
        /**
         * @example {
         *       "name": "Flight software 2"
         *     }
         */
        UpdateProjectRequest: {
            name?: string;
            description?: string;
            /**
             * Format: uuid
             * @description The new owner: an active user of the tenant. Needs project:manage
             */
            owner_id?: string;
        };
        /**
         * @example {
         *       "count": 1,
         *       "next": null,
         *       "previous": null,
         *       "results": [
         *         {
         *           "id": "019a5f74-0d5c-7b21-9c3e-7f8091a2b3c4",
         *           "name": "Build machines",
         *           "prefix": "cak_…Qx7bTw",
         *           "scopes": [
         *             "license:read",
         *             "license_session:acquire",
         *             "license_session:hold"
         *           ],
         *           "status": "active",
         *           "user": {
         *             "id": "019a5f6e-1c2b-7d3e-8f40-5a6b7c8d9e0f",
         *             "email": "ada@acme.test",
         *             "name": "Ada Lovelace"
         *           },
         *           "expires_at": "2027-02-20T09:30:00.000Z",
         *           "last_used_at": "2026-11-22T10:12:00.000Z",
         *           "revoked_at": null,
         *           "created_at": "2026-11-22T09:30:00.000Z"
         *         }
         *       ]
         *     }
         */
        ApiKeyPage: {
            count: number;
            next: string | null;
            previous: string | null;
            results: components["schemas"]["ApiKey"][];
        };
        /**
         * @example {
         *       "id": "019a5f74-0d5c-7b21-9c3e-7f8091a2b3c4",
         *       "name": "Build machines",
         *       "prefix": "cak_…Qx7bTw",
         *       "scopes": [
         *         "license:read",
         *         "license_session:acquire",
         *         "license_session:hold"
         *       ],
         *       "status": "active",
         *       "user": {
         *         "id": "019a5f6e-1c2b-7d3e-8f40-5a6b7c8d9e0f",
         *         "email": "ada@acme.test",
         *         "name": "Ada Lovelace"
         *       },
         *       "expires_at": "2027-02-20T09:30:00.000Z",
         *       "last_used_at": "2026-11-22T10:12:00.000Z",
         *       "revoked_at": null,
         *       "created_at": "2026-11-22T09:30:00.000Z"
         *     }
         */
        ApiKey: {
            /** Format: uuid */
            id: string;
            name: string;
            /** @description The first and last characters, to recognise the key */
            prefix: string;
            scopes: components["schemas"]["ApiKeyScope"][];
            /** @enum {string} */
            status: "active" | "expired" | "revoked";
            user: {
                /** Format: uuid */
                id: string;
                email: string;
                name: string;
            };
            expires_at: string | null;
            /** @description Updated at most once a minute */
            last_used_at: string | null;
            revoked_at: string | null;
            /** Format: date-time */
            created_at: string;
        };
        /**
         * @example license_session:acquire
         * @enum {string}
         */
        ApiKeyScope: "self:read" | "license:read" | "license_session:acquire" | "license_session:read" | "license_session:read_all" | "license_session:hold" | "license_session:end_any" | "user:read" | "user:read_all" | "user:invite" | "user:update" | "user:disable" | "user:remove" | "tenant:read" | "tenant:update" | "project:read" | "project:create" | "project:update" | "project:manage" | "analytics:read" | "audit:read" | "audit:export" | "webhook:manage" | "event:read";
        /**
         * @example {
         *       "name": "Build machines",
         *       "scopes": [
         *         "license:read",
         *         "license_session:acquire",
         *         "license_session:hold"
         *       ],
         *       "expires_in_days": 90
         *     }
         */
        CreateApiKeyRequest: {
            /** @description What the key is used for */
            name: string;
            /** @description What the key may do. The role of its user must include it */
            scopes: components["schemas"]["ApiKeyScope"][];
            /**
             * @description null for a key that never expires. Only owners and admins may make one
             * @default 90
             */
            expires_in_days: number | null;
        };
        /**
         * @example {
         *       "id": "019a5f74-0d5c-7b21-9c3e-7f8091a2b3c4",
         *       "name": "Build machines",
         *       "prefix": "cak_…Qx7bTw",
         *       "scopes": [
         *         "license:read",
         *         "license_session:acquire",
         *         "license_session:hold"
         *       ],
         *       "status": "active",
         *       "user": {
         *         "id": "019a5f6e-1c2b-7d3e-8f40-5a6b7c8d9e0f",
         *         "email": "ada@acme.test",
         *         "name": "Ada Lovelace"
         *       },
         *       "expires_at": "2027-02-20T09:30:00.000Z",
         *       "last_used_at": "2026-11-22T10:12:00.000Z",
         *       "revoked_at": null,
         *       "created_at": "2026-11-22T09:30:00.000Z",
         *       "key": "cak_AZqfbhwrfT6PQFprfI2eDwexample0not0a0real0key0example0not0a0real0Qx7bTw"
         *     }
         */
        CreatedApiKey: {
            /** Format: uuid */
            id: string;
            name: string;
            /** @description The first and last characters, to recognise the key */
            prefix: string;
            scopes: components["schemas"]["ApiKeyScope"][];
            /** @enum {string} */
            status: "active" | "expired" | "revoked";
            user: {
                /** Format: uuid */
                id: string;
                email: string;
                name: string;
            };
            expires_at: string | null;
            /** @description Updated at most once a minute */
            last_used_at: string | null;
            revoked_at: string | null;
            /** Format: date-time */
            created_at: string;
            /** @description The key itself. It is shown only once */
            key: string;
        };
        /**
         * @example {
         *       "name": "Nightly builds"
         *     }
         */
        UpdateApiKeyRequest: {
            /** @description What the key is used for */
            name?: string;
        };
        /**
         * @example {
         *       "overlap_seconds": 3600
         *     }
         */
        RotateApiKeyRequest: {
            /**
             * @description How long the old key continues to work
             * @default 0
             */
            overlap_seconds: number;
        };
        /**
         * @example {
         *       "count": 1,
         *       "next": null,
         *       "previous": null,
         *       "results": [
         *         {
         *           "id": "0195a4c2-7d10-7e55-b8c1-4f6a90d2e317",
         *           "occurred_at": "2026-11-22T09:30:00.000Z",
         *           "actor_type": "user",
         *           "actor_id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
         *           "actor_name": "ada@acme.example",
         *           "action": "user.disabled",
         *           "resource_type": "user",
         *           "resource_id": "0195a4c1-6b3f-7a02-9d18-e5c7f2b4a690",
         *           "before": {
         *             "status": "active"
         *           },
         *           "after": {
         *             "status": "disabled"
         *           },
         *           "ip": "203.0.113.7",
         *           "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
         *           "request_id": "0195a4c2-7d0e-7b1a-8f65-c3d9e0a17b42",
         *           "sequence": 1204,
         *           "hash": "RuEqGsJVu-pkkk3MnsTioYarA3RogDQwgksWrTttCQo",
         *           "erased_at": null
         *         }
         *       ]
         *     }
         */
        AuditLogPage: {
            count: number;
            next: string | null;
            previous: string | null;
            results: components["schemas"]["AuditLog"][];
        };
        /**
         * @example {
         *       "id": "0195a4c2-7d10-7e55-b8c1-4f6a90d2e317",
         *       "occurred_at": "2026-11-22T09:30:00.000Z",
         *       "actor_type": "user",
         *       "actor_id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
         *       "actor_name": "ada@acme.example",
         *       "action": "user.disabled",
         *       "resource_type": "user",
         *       "resource_id": "0195a4c1-6b3f-7a02-9d18-e5c7f2b4a690",
         *       "before": {
         *         "status": "active"
         *       },
         *       "after": {
         *         "status": "disabled"
         *       },
         *       "ip": "203.0.113.7",
         *       "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
         *       "request_id": "0195a4c2-7d0e-7b1a-8f65-c3d9e0a17b42",
         *       "sequence": 1204,
         *       "hash": "RuEqGsJVu-pkkk3MnsTioYarA3RogDQwgksWrTttCQo",
         *       "erased_at": null
         *     }
         */
        AuditLog: {
            /** Format: uuid */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @enum {string} */
            actor_type: "user" | "api_key" | "staff" | "system";
            /** @description Id of the user, the API key or the staff user */
            actor_id: string | null;
            /** @description The e-mail address at that time */
            actor_name: string | null;
            action: string;
            resource_type: string;
            resource_id: string | null;
            /** @description Null if the resource did not exist before */
            before: {
                [key: string]: unknown;
            } | null;
            /** @description Null if the resource no longer exists */
            after: {
                [key: string]: unknown;
            } | null;
            ip: string | null;
            user_agent: string | null;
            request_id: string | null;
            /** @description Position in the chain. Null for a few seconds, until the entry is sealed */
            sequence: number | null;
            hash: string | null;
            /** @description When its personal data was erased */
            erased_at: string | null;
        };
        /**
         * @example {
         *       "valid": true,
         *       "entries": 1204,
         *       "first_sequence": 1,
         *       "last_sequence": 1204,
         *       "last_hash": "RuEqGsJVu-pkkk3MnsTioYarA3RogDQwgksWrTttCQo",
         *       "sealed_at": "2026-11-22T09:30:00.000Z",
         *       "erased": 0
         *     }
         */
        AuditVerification: {
            valid: boolean;
            /** @description How many entries were verified: all, or those before the break */
            entries: number;
            first_sequence: number | null;
            last_sequence: number | null;
            /** @description Keep a copy elsewhere. It later proves whether the chain was cut off or rewritten */
            last_hash: string | null;
            /**
             * Format: date-time
             * @description Entries committed before this time are in the chain
             */
            sealed_at: string;
            /** @description How many entries have had personal data erased */
            erased: number;
            /** @description The last archived entry. Verification starts after it */
            archived_through?: {
                sequence: number;
                /** @description SHA-256 in base64url */
                hash: string;
            };
            broken_at?: {
                sequence: number;
                /**
                 * @description hash_mismatch: the entry was changed; digest_mismatch: the actor or the changes differ from what was sealed; gap: the entry is missing; link_mismatch: the entry does not follow the one before
                 * @enum {string}
                 */
                reason: "hash_mismatch" | "digest_mismatch" | "gap" | "link_mismatch";
            };
        };
        /**
         * @example {
         *       "bucket": "hour",
         *       "series": [
         *         {
         *           "starts_at": "2026-11-20T08:00:00.000Z",
         *           "peak": 19,
         *           "mean": 14.25,
         *           "seats_total": 25,
         *           "acquires": 23,
         *           "denials": 0,
         *           "unique_users": 21,
         *           "unique_machines": 22
         *         }
         *       ]
         *     }
         */
        Usage: {
            /** @enum {string} */
            bucket: "5m" | "hour" | "day";
            /** @description Oldest first. A bucket that was never sampled is left out */
            series: components["schemas"]["UsagePoint"][];
        };
        /**
         * @example {
         *       "starts_at": "2026-11-20T08:00:00.000Z",
         *       "peak": 19,
         *       "mean": 14.25,
         *       "seats_total": 25,
         *       "acquires": 23,
         *       "denials": 0,
         *       "unique_users": 21,
         *       "unique_machines": 22
         *     }
         */
        UsagePoint: {
            /** Format: date-time */
            starts_at: string;
            /** @description Most seats in use at once */
            peak: number;
            /** @description Seats in use, averaged over time */
            mean: number;
            /** @description Seats bought, at the end of the bucket */
            seats_total: number;
            acquires: number;
            /** @description Refused acquires. Retries of one user count once */
            denials: number;
            unique_users: number;
            unique_machines: number;
        };
        /**
         * @example {
         *       "time_zone": "Europe/Berlin",
         *       "cells": [
         *         {
         *           "weekday": 1,
         *           "hour": 0,
         *           "peak": 2,
         *           "mean": 0.75
         *         }
         *       ]
         *     }
         */
        Heatmap: {
            time_zone: string;
            /** @description All 168 hours of the week, Monday 00:00 first */
            cells: {
                /** @description ISO 8601: 1 is Monday */
                weekday: number;
                hour: number;
                /** @description Most seats in use at once; null if never sampled */
                peak: number | null;
                /** @description Seats in use, averaged over time */
                mean: number | null;
            }[];
        };
        /**
         * @example {
         *       "bucket": "day",
         *       "denials": 4,
         *       "attempts": 9,
         *       "series": [
         *         {
         *           "starts_at": "2026-11-20T00:00:00.000Z",
         *           "denials": 4,
         *           "attempts": 9
         *         }
         *       ],
         *       "by_reason": [
         *         {
         *           "reason": "no_seats_available",
         *           "denials": 3,
         *           "attempts": 8
         *         },
         *         {
         *           "reason": "entitlement_missing",
         *           "denials": 1,
         *           "attempts": 1
         *         }
         *       ],
         *       "by_user": [
         *         {
         *           "user": {
         *             "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
         *             "email": "ada@acme.example",
         *             "name": "Ada Lovelace"
         *           },
         *           "denials": 4,
         *           "attempts": 9
         *         }
         *       ]
         *     }
         */
        DenialReport: {
            /** @enum {string} */
            bucket: "5m" | "hour" | "day";
            /** @description Retries of one user count once */
            denials: number;
            /** @description Every refused acquire, retries included */
            attempts: number;
            /** @description Oldest first. A bucket without a refused acquire is left out */
            series: {
                /** Format: date-time */
                starts_at: string;
                /** @description Retries of one user count once */
                denials: number;
                /** @description Every refused acquire, retries included */
                attempts: number;
            }[];
            /** @description The most frequent first */
            by_reason: {
                /** @description The code of the refusal */
                reason: string;
                /** @description Retries of one user count once */
                denials: number;
                /** @description Every refused acquire, retries included */
                attempts: number;
            }[];
            /** @description The ten users with the most denials */
            by_user: {
                /** @description Without name and address if the user was removed */
                user: {
                    /** Format: uuid */
                    id: string;
                    email: string | null;
                    name: string | null;
                };
                /** @description Retries of one user count once */
                denials: number;
                /** @description Every refused acquire, retries included */
                attempts: number;
            }[];
        };
        /**
         * @example {
         *       "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
         *       "seats_total": 25,
         *       "insufficient_data": false,
         *       "history_days": 120,
         *       "method": "damped_holt_winters",
         *       "days": [
         *         {
         *           "date": "2026-11-22",
         *           "expected": 18.4,
         *           "lower_80": 16.1,
         *           "upper_80": 20.7,
         *           "lower_95": 14.9,
         *           "upper_95": 21.9
         *         }
         *       ],
         *       "days_until_exhausted": {
         *         "expected": null,
         *         "earliest": 17
         *       }
         *     }
         */
        Forecast: {
            /** Format: uuid */
            license_id: string;
            seats_total: number;
            /** @description True if fewer than 14 whole days are known. Then there is no forecast */
            insufficient_data: boolean;
            /** @description How many whole days the forecast is based on */
            history_days: number;
            method: ("damped_holt_winters" | "seasonal_naive_drift") | null;
            days: {
                /**
                 * Format: date
                 * @description A day of UTC
                 */
                date: string;
                /** @description Peak of seats in use. Not capped: a value above the seats bought means that more are needed */
                expected: number;
                lower_80: number;
                upper_80: number;
                lower_95: number;
                upper_95: number;
            }[];
            /** @description null if not within the horizon */
            days_until_exhausted: {
                /** @description Days until the expected peak takes every seat. 0 is today */
                expected: number | null;
                /** @description The same for the upper 80 % bound */
                earliest: number | null;
            };
        };
        /**
         * @example {
         *       "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
         *       "seats": 30,
         *       "seats_total": 25,
         *       "recorded": {
         *         "sessions": 812,
         *         "denials": 14
         *       },
         *       "denials": 2,
         *       "denials_remaining": 2,
         *       "sessions_refused": 0,
         *       "peak": 30,
         *       "seats_needed": 32,
         *       "assumed_session_seconds": 9420
         *     }
         */
        WhatIf: {
            /** Format: uuid */
            license_id: string;
            seats: number;
            /** @description Seats that the license has now */
            seats_total: number;
            /** @description What happened: license sessions, and denials because all seats were in use */
            recorded: {
                sessions: number;
                denials: number;
            };
            /** @description The sum of denials_remaining and sessions_refused */
            denials: number;
            /** @description Recorded denials that would still have happened */
            denials_remaining: number;
            /** @description Recorded license sessions that would have been refused */
            sessions_refused: number;
            /** @description Most seats in use at once with this number of seats */
            peak: number;
            /** @description The lowest number of seats with no denial */
            seats_needed: number;
            /** @description How long a refused user is assumed to have needed the seat: the median length of a license session */
            assumed_session_seconds: number;
        };
        /**
         * @example {
         *       "count": 1,
         *       "next": null,
         *       "previous": null,
         *       "results": [
         *         {
         *           "id": "0195a4c3-91c7-7a3e-b0d4-8e6f5a4c3b21",
         *           "url": "https://hooks.acme.example/coditect",
         *           "description": "Seat monitor",
         *           "event_types": [
         *             "license_session.acquired",
         *             "denial.created"
         *           ],
         *           "status": "enabled",
         *           "disabled_reason": null,
         *           "disabled_at": null,
         *           "consecutive_failures": 0,
         *           "failing_since": null,
         *           "previous_secret_until": null,
         *           "version": 1,
         *           "created_at": "2026-11-20T08:00:00.000Z",
         *           "updated_at": "2026-11-20T08:00:00.000Z"
         *         }
         *       ]
         *     }
         */
        WebhookPage: {
            count: number;
            next: string | null;
            previous: string | null;
            results: components["schemas"]["Webhook"][];
        };
        /**
         * @example {
         *       "id": "0195a4c3-91c7-7a3e-b0d4-8e6f5a4c3b21",
         *       "url": "https://hooks.acme.example/coditect",
         *       "description": "Seat monitor",
         *       "event_types": [
         *         "license_session.acquired",
         *         "denial.created"
         *       ],
         *       "status": "enabled",
         *       "disabled_reason": null,
         *       "disabled_at": null,
         *       "consecutive_failures": 0,
         *       "failing_since": null,
         *       "previous_secret_until": null,
         *       "version": 1,
         *       "created_at": "2026-11-20T08:00:00.000Z",
         *       "updated_at": "2026-11-20T08:00:00.000Z"
         *     }
         */
        Webhook: {
            /** Format: uuid */
            id: string;
            url: string;
            description: string;
            event_types: string[];
            /** @enum {string} */
            status: "enabled" | "disabled";
            /** @description gone: the endpoint answered 410. failing: 20 attempts in a row failed over more than 24 hours */
            disabled_reason: ("manual" | "gone" | "failing") | null;
            disabled_at: string | null;
            consecutive_failures: number;
            failing_since: string | null;
            /** @description Until then, deliveries are also signed with the secret before the last rotation */
            previous_secret_until: string | null;
            /** @description Increases with every change, but not with failures. The ETag is made from it */
            version: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * @example {
         *       "url": "https://hooks.acme.example/coditect",
         *       "event_types": [
         *         "license_session.acquired",
         *         "denial.created"
         *       ]
         *     }
         */
        CreateWebhookRequest: {
            /** @description https on port 443 or 8443, at a public address, without credentials */
            url: string;
            /** @default  */
            description: string;
            /**
             * @description `*` stands for all types, including future ones
             * @default [
             *       "*"
             *     ]
             */
            event_types: ("*" | "license.suspended" | "license.revoked" | "license.reinstated" | "license.seats_changed" | "license_session.acquired" | "license_session.released" | "license_session.expired" | "license_session.revoked" | "denial.created" | "user.created" | "user.role_changed" | "user.disabled" | "user.enabled" | "user.removed")[];
        };
        /**
         * @example {
         *       "id": "0195a4c3-91c7-7a3e-b0d4-8e6f5a4c3b21",
         *       "url": "https://hooks.acme.example/coditect",
         *       "description": "Seat monitor",
         *       "event_types": [
         *         "license_session.acquired",
         *         "denial.created"
         *       ],
         *       "status": "enabled",
         *       "disabled_reason": null,
         *       "disabled_at": null,
         *       "consecutive_failures": 0,
         *       "failing_since": null,
         *       "previous_secret_until": null,
         *       "version": 1,
         *       "created_at": "2026-11-20T08:00:00.000Z",
         *       "updated_at": "2026-11-20T08:00:00.000Z",
         *       "secret": "whsec_ZXhhbXBsZSBleGFtcGxlIGV4YW1wbGUgZXhhbXBsZQ=="
         *     }
         */
        WebhookWithSecret: {
            /** Format: uuid */
            id: string;
            url: string;
            description: string;
            event_types: string[];
            /** @enum {string} */
            status: "enabled" | "disabled";
            /** @description gone: the endpoint answered 410. failing: 20 attempts in a row failed over more than 24 hours */
            disabled_reason: ("manual" | "gone" | "failing") | null;
            disabled_at: string | null;
            consecutive_failures: number;
            failing_since: string | null;
            /** @description Until then, deliveries are also signed with the secret before the last rotation */
            previous_secret_until: string | null;
            /** @description Increases with every change, but not with failures. The ETag is made from it */
            version: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            /** @description Verifies signatures. It is shown only once */
            secret: string;
        };
        /**
         * @example {
         *       "event_types": [
         *         "*"
         *       ]
         *     }
         */
        UpdateWebhookRequest: {
            /** @description https on port 443 or 8443, at a public address, without credentials */
            url?: string;
            description?: string;
            /** @description `*` stands for all types, including future ones */
            event_types?: ("*" | "license.suspended" | "license.revoked" | "license.reinstated" | "license.seats_changed" | "license_session.acquired" | "license_session.released" | "license_session.expired" | "license_session.revoked" | "denial.created" | "user.created" | "user.role_changed" | "user.disabled" | "user.enabled" | "user.removed")[];
        };
        /**
         * @example license_session.acquired
         * @enum {string}
         */
        EventType: "license.suspended" | "license.revoked" | "license.reinstated" | "license.seats_changed" | "license_session.acquired" | "license_session.released" | "license_session.expired" | "license_session.revoked" | "denial.created" | "user.created" | "user.role_changed" | "user.disabled" | "user.enabled" | "user.removed";
        /**
         * @example {
         *       "count": 1,
         *       "next": null,
         *       "previous": null,
         *       "results": [
         *         {
         *           "id": "0195a4c4-7f10-7c62-8e1b-6d7c8b9a0f12",
         *           "webhook_id": "0195a4c3-91c7-7a3e-b0d4-8e6f5a4c3b21",
         *           "event_id": "0195a4c4-3e2f-7b51-9d0a-5c6b7a8f9e01",
         *           "event_type": "license_session.acquired",
         *           "event_sequence": 4711,
         *           "status": "succeeded",
         *           "attempts": 1,
         *           "next_attempt_at": null,
         *           "completed_at": "2026-11-22T09:30:00.000Z",
         *           "created_at": "2026-11-22T09:30:00.000Z"
         *         }
         *       ]
         *     }
         */
        WebhookDeliveryPage: {
            count: number;
            next: string | null;
            previous: string | null;
            results: components["schemas"]["WebhookDelivery"][];
        };
        /**
         * @example {
         *       "id": "0195a4c4-7f10-7c62-8e1b-6d7c8b9a0f12",
         *       "webhook_id": "0195a4c3-91c7-7a3e-b0d4-8e6f5a4c3b21",
         *       "event_id": "0195a4c4-3e2f-7b51-9d0a-5c6b7a8f9e01",
         *       "event_type": "license_session.acquired",
         *       "event_sequence": 4711,
         *       "status": "succeeded",
         *       "attempts": 1,
         *       "next_attempt_at": null,
         *       "completed_at": "2026-11-22T09:30:00.000Z",
         *       "created_at": "2026-11-22T09:30:00.000Z"
         *     }
         */
        WebhookDelivery: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            webhook_id: string;
            /** Format: uuid */
            event_id: string;
            event_type: string;
            event_sequence: number;
            /**
             * @description failed: given up after the last attempt. skipped: not sent because the endpoint was disabled
             * @enum {string}
             */
            status: "pending" | "succeeded" | "failed" | "skipped";
            /** @description Attempts since the last retry or replay */
            attempts: number;
            /** @description Null when no attempt is left */
            next_attempt_at: string | null;
            completed_at: string | null;
            /** Format: date-time */
            created_at: string;
        };
        /**
         * @example {
         *       "id": "0195a4c4-7f10-7c62-8e1b-6d7c8b9a0f12",
         *       "webhook_id": "0195a4c3-91c7-7a3e-b0d4-8e6f5a4c3b21",
         *       "event_id": "0195a4c4-3e2f-7b51-9d0a-5c6b7a8f9e01",
         *       "event_type": "license_session.acquired",
         *       "event_sequence": 4711,
         *       "status": "succeeded",
         *       "attempts": 1,
         *       "next_attempt_at": null,
         *       "completed_at": "2026-11-22T09:30:00.000Z",
         *       "created_at": "2026-11-22T09:30:00.000Z",
         *       "attempt_log": [
         *         {
         *           "id": "0195a4c5-5b0a-7d0f-8a61-0a4f6b2c9d18",
         *           "attempted_at": "2026-11-22T09:30:00.000Z",
         *           "duration_ms": 84,
         *           "status_code": 204,
         *           "error": null,
         *           "body": null
         *         }
         *       ]
         *     }
         */
        WebhookDeliveryDetail: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            webhook_id: string;
            /** Format: uuid */
            event_id: string;
            event_type: string;
            event_sequence: number;
            /**
             * @description failed: given up after the last attempt. skipped: not sent because the endpoint was disabled
             * @enum {string}
             */
            status: "pending" | "succeeded" | "failed" | "skipped";
            /** @description Attempts since the last retry or replay */
            attempts: number;
            /** @description Null when no attempt is left */
            next_attempt_at: string | null;
            completed_at: string | null;
            /** Format: date-time */
            created_at: string;
            /** @description Latest first, 100 at most */
            attempt_log: {
                /** Format: uuid */
                id: string;
                /** Format: date-time */
                attempted_at: string;
                duration_ms: number;
                status_code: number | null;
                /** @description Why the endpoint gave no answer */
                error: string | null;
                /** @description The first 2 KB of the answer */
                body: string | null;
            }[];
        };
        /**
         * @example {
         *       "from": "2026-11-20T08:00:00.000Z",
         *       "to": "2026-11-22T09:30:00.000Z"
         *     }
         */
        ReplayWebhookRequest: {
            /**
             * Format: date-time
             * @description Start of the range, inclusive, RFC 3339
             */
            from: string;
            /**
             * Format: date-time
             * @description End of the range, exclusive. Now by default
             */
            to?: string;
        };
        /**
         * @example {
         *       "deliveries": 17
         *     }
         */
        WebhookReplay: {
            /** @description How many events will be delivered again */
            deliveries: number;
        };
        /**
         * @example {
         *       "succeeded": true,
         *       "attempted_at": "2026-11-22T09:30:00.000Z",
         *       "duration_ms": 84,
         *       "status_code": 204,
         *       "error": null,
         *       "body": null
         *     }
         */
        WebhookTest: {
            succeeded: boolean;
            /** Format: date-time */
            attempted_at: string;
            duration_ms: number;
            status_code: number | null;
            /** @description Why the endpoint gave no answer */
            error: string | null;
            /** @description The first 2 KB of the answer */
            body: string | null;
        };
        /**
         * @example {
         *       "results": [],
         *       "last_sequence": 4711,
         *       "has_more": false
         *     }
         */
        EventList: {
            results: components["schemas"]["Event"][];
            /** @description The value of `after` for the next request, also when there are no results */
            last_sequence: number;
            has_more: boolean;
        };
        /**
         * @example {
         *       "id": "0195a4c4-3e2f-7b51-9d0a-5c6b7a8f9e01",
         *       "sequence": 4711,
         *       "type": "license_session.acquired",
         *       "timestamp": "2026-11-22T09:30:00.000Z",
         *       "resource_type": "license_session",
         *       "resource_id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
         *       "data": {
         *         "actor": {
         *           "type": "user",
         *           "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073"
         *         },
         *         "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
         *         "user_id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
         *         "machine_id": "6f1c9a3e-6f0d-4c3e-9b57-0a6c2f4f8f11",
         *         "seat_no": 3,
         *         "status": "active"
         *       }
         *     }
         */
        Event: {
            /** Format: uuid */
            id: string;
            /** @description 1, 2, 3 … within the tenant, without gaps */
            sequence: number;
            type: string;
            /**
             * Format: date-time
             * @description When it happened
             */
            timestamp: string;
            resource_type: string;
            resource_id: string;
            data: {
                [key: string]: unknown;
            };
        };
        /**
         * @example {
         *       "type": "/docs/errors/no_seats_available",
         *       "title": "All seats are in use",
         *       "status": 403,
         *       "detail": "Wait for a seat, or ask an admin to free one.",
         *       "instance": "/api/v1/licenses/acquire",
         *       "code": "no_seats_available",
         *       "request_id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54"
         *     }
         */
        Problem: {
            type: string;
            title: string;
            status: number;
            detail?: string;
            instance?: string;
            code: string;
            request_id: string;
            errors?: components["schemas"]["FieldError"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "path": "machine_id",
         *       "message": "must be a UUID",
         *       "code": "invalid_format"
         *     }
         */
        FieldError: {
            /**
             * @description Path of the field, with dots between levels. `body` stands for the whole body
             * @example machine_id
             */
            path: string;
            message: string;
            code: string;
        };
    };
    responses: {
        /** @description `internal_error`: Something went wrong on our side */
        internal_error: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `temporarily_unavailable`: The service is temporarily unavailable */
        temporarily_unavailable: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `unauthenticated`: Sign-in is needed */
        unauthenticated: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `malformed_json`: The body is not valid JSON */
        malformed_json: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `invalid_credentials`: E-mail, password or tenant is wrong
         *     `two_factor_required`: A code of the second factor is needed
         *     `two_factor_invalid`: The code of the second factor is wrong
         */
        "invalid_credentials.two_factor_required.two_factor_invalid": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `user_disabled`: The user is disabled
         *     `cross_site_request`: The request comes from another site
         */
        "user_disabled.cross_site_request": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `tenant_required`: The e-mail belongs to several organizations */
        tenant_required: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `payload_too_large`: The body is too large */
        payload_too_large: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `unsupported_media_type`: The body must be JSON */
        unsupported_media_type: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `validation_failed`: The request has invalid fields */
        validation_failed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `too_many_attempts`: Too many failed attempts
         *     `rate_limited`: Too many requests
         */
        "too_many_attempts.rate_limited": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `invalid_token`: The token is not valid or has expired */
        invalid_token: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `cross_site_request`: The request comes from another site */
        cross_site_request: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `rate_limited`: Too many requests */
        rate_limited: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `unauthenticated`: Sign-in is needed
         *     `invalid_token`: The token is not valid or has expired
         */
        "unauthenticated.invalid_token": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `forbidden`: Your role does not allow this
         *     `user_disabled`: The user is disabled
         */
        "forbidden.user_disabled": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `user_not_found`: There is no such user */
        user_not_found: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `precondition_failed`: It has changed since you read it */
        precondition_failed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `login_not_found`: There is no such login */
        login_not_found: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `authorization_pending`: The device has not been approved yet
         *     `slow_down`: The device asks too often
         *     `access_denied`: The device was refused
         *     `expired_token`: The device code has expired
         *     `malformed_json`: The body is not valid JSON
         */
        "authorization_pending.slow_down.access_denied.expired_token.malformed_json": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `user_disabled`: The user is disabled */
        user_disabled: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `device_not_found`: No device waits with this code */
        device_not_found: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `invalid_credentials`: E-mail, password or tenant is wrong
         *     `unauthenticated`: Sign-in is needed
         *     `invalid_token`: The token is not valid or has expired
         */
        "invalid_credentials.unauthenticated.invalid_token": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `link_invalid`: The link is not valid, was used, or has expired */
        link_invalid: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `recent_login_required`: A recent sign-in is needed
         *     `forbidden`: Your role does not allow this
         *     `user_disabled`: The user is disabled
         */
        "recent_login_required.forbidden.user_disabled": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `email_taken`: This e-mail address is already in use */
        email_taken: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `two_factor_enabled`: The second factor is already on */
        two_factor_enabled: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `two_factor_invalid`: The code of the second factor is wrong
         *     `unauthenticated`: Sign-in is needed
         *     `invalid_token`: The token is not valid or has expired
         */
        "two_factor_invalid.unauthenticated.invalid_token": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `two_factor_enabled`: The second factor is already on
         *     `two_factor_not_enabled`: The second factor is not on
         */
        "two_factor_enabled.two_factor_not_enabled": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `two_factor_not_enabled`: The second factor is not on */
        two_factor_not_enabled: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `provider_not_found`: There is no such sign-in provider */
        provider_not_found: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `oauth_failed`: Signing in at the provider did not work */
        oauth_failed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `two_factor_required`: A code of the second factor is needed
         *     `invalid_token`: The token is not valid or has expired
         */
        "two_factor_required.invalid_token": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `no_account`: No account belongs to this sign-in
         *     `email_unverified`: The e-mail address is not verified
         *     `user_disabled`: The user is disabled
         *     `tenant_suspended`: The organization is suspended
         *     `tenant_closed`: The organization is closed
         *     `quota_exceeded`: A quota of the plan is reached
         */
        "no_account.email_unverified.user_disabled.tenant_suspended.tenant_closed.quota_exceeded": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `tenant_required`: The e-mail belongs to several organizations
         *     `email_taken`: This e-mail address is already in use
         *     `identity_taken`: This identity is linked to another user
         */
        "tenant_required.email_taken.identity_taken": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `oauth_failed`: Signing in at the provider did not work
         *     `malformed_json`: The body is not valid JSON
         */
        "oauth_failed.malformed_json": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `two_factor_required`: A code of the second factor is needed */
        two_factor_required: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `no_account`: No account belongs to this sign-in
         *     `email_unverified`: The e-mail address is not verified
         *     `user_disabled`: The user is disabled
         *     `tenant_suspended`: The organization is suspended
         *     `tenant_closed`: The organization is closed
         *     `quota_exceeded`: A quota of the plan is reached
         *     `cross_site_request`: The request comes from another site
         */
        "no_account.email_unverified.user_disabled.tenant_suspended.tenant_closed.quota_exceeded.cross_site_request": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `identity_taken`: This identity is linked to another user */
        identity_taken: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `identity_not_found`: There is no such linked identity */
        identity_not_found: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `last_sign_in_method`: This is the last way to sign in */
        last_sign_in_method: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `slug_taken`: Another organization has this slug
         *     `two_factor_not_enabled`: The second factor is not on
         */
        "slug_taken.two_factor_not_enabled": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `tenant_suspended`: The organization is suspended
         *     `forbidden`: Your role does not allow this
         *     `user_disabled`: The user is disabled
         */
        "tenant_suspended.forbidden.user_disabled": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `idempotency_in_flight`: The same request is still being worked on
         *     `idempotency_result_unknown`: The request was done, but its answer was lost
         */
        "idempotency_in_flight.idempotency_result_unknown": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `idempotency_key_reused`: This Idempotency-Key was used for another request */
        idempotency_key_reused: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `export_not_found`: There is no such export */
        export_not_found: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `export_not_ready`: The export is not ready */
        export_not_ready: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `last_owner`: An organization needs at least one owner */
        last_owner: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `quota_exceeded`: A quota of the plan is reached
         *     `forbidden`: Your role does not allow this
         *     `user_disabled`: The user is disabled
         */
        "quota_exceeded.forbidden.user_disabled": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `email_taken`: This e-mail address is already in use
         *     `idempotency_in_flight`: The same request is still being worked on
         *     `idempotency_result_unknown`: The request was done, but its answer was lost
         */
        "email_taken.idempotency_in_flight.idempotency_result_unknown": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `validation_failed`: The request has invalid fields
         *     `idempotency_key_reused`: This Idempotency-Key was used for another request
         */
        "validation_failed.idempotency_key_reused": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `invitation_not_found`: There is no such invitation */
        invitation_not_found: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `invitation_not_open`: The invitation was accepted or revoked
         *     `email_taken`: This e-mail address is already in use
         */
        "invitation_not_open.email_taken": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `invitation_not_open`: The invitation was accepted or revoked */
        invitation_not_open: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `tenant_suspended`: The organization is suspended
         *     `tenant_closed`: The organization is closed
         */
        "tenant_suspended.tenant_closed": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `tenant_suspended`: The organization is suspended
         *     `tenant_closed`: The organization is closed
         *     `cross_site_request`: The request comes from another site
         */
        "tenant_suspended.tenant_closed.cross_site_request": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `no_seats_available`: All seats are in use
         *     `entitlement_missing`: The license does not include a requested feature
         *     `license_suspended`: The license is suspended
         *     `license_revoked`: The license is revoked
         *     `license_expired`: The license has expired
         *     `license_not_yet_valid`: The license is not valid yet
         *     `tenant_suspended`: The organization is suspended
         *     `tenant_closed`: The organization is closed
         *     `user_disabled`: The user is disabled
         *     `user_removed`: The user was removed
         *     `forbidden`: Your role does not allow this
         */
        "no_seats_available.entitlement_missing.license_suspended.license_revoked.license_expired.license_not_yet_valid.tenant_suspended.tenant_closed.user_disabled.user_removed.forbidden": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `license_not_found`: There is no such license */
        license_not_found: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `license_suspended`: The license is suspended
         *     `license_revoked`: The license is revoked
         *     `license_expired`: The license has expired
         *     `tenant_suspended`: The organization is suspended
         *     `tenant_closed`: The organization is closed
         *     `user_disabled`: The user is disabled
         *     `user_removed`: The user was removed
         */
        "license_suspended.license_revoked.license_expired.tenant_suspended.tenant_closed.user_disabled.user_removed": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `session_not_found`: There is no such license session */
        session_not_found: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `lease_lost`: The seat is no longer yours */
        lease_lost: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `license_suspended`: The license is suspended
         *     `license_revoked`: The license is revoked
         *     `license_expired`: The license has expired
         *     `tenant_suspended`: The organization is suspended
         *     `tenant_closed`: The organization is closed
         *     `user_disabled`: The user is disabled
         *     `user_removed`: The user was removed
         *     `forbidden`: Your role does not allow this
         */
        "license_suspended.license_revoked.license_expired.tenant_suspended.tenant_closed.user_disabled.user_removed.forbidden": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `license_suspended`: The license is suspended
         *     `license_revoked`: The license is revoked
         *     `license_expired`: The license has expired
         *     `license_not_yet_valid`: The license is not valid yet
         *     `user_removed`: The user was removed
         *     `forbidden`: Your role does not allow this
         *     `user_disabled`: The user is disabled
         */
        "license_suspended.license_revoked.license_expired.license_not_yet_valid.user_removed.forbidden.user_disabled": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `project_not_found`: There is no such project */
        project_not_found: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `project_archived`: The project is archived */
        project_archived: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `api_key_not_found`: There is no such API key */
        api_key_not_found: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `api_key_inactive`: The API key has expired or was revoked
         *     `idempotency_in_flight`: The same request is still being worked on
         *     `idempotency_result_unknown`: The request was done, but its answer was lost
         */
        "api_key_inactive.idempotency_in_flight.idempotency_result_unknown": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `audit_log_not_found`: There is no such audit entry */
        audit_log_not_found: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `webhook_not_found`: There is no such webhook */
        webhook_not_found: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `delivery_not_found`: There is no such webhook delivery */
        delivery_not_found: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `webhook_disabled`: The webhook is disabled */
        webhook_disabled: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `webhook_disabled`: The webhook is disabled
         *     `idempotency_in_flight`: The same request is still being worked on
         *     `idempotency_result_unknown`: The request was done, but its answer was lost
         */
        "webhook_disabled.idempotency_in_flight.idempotency_result_unknown": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    health_live: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok"
                     *     }
                     */
                    "application/json": components["schemas"]["Liveness"];
                };
            };
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    health_ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok",
                     *       "postgres": "ok",
                     *       "redis": "ok"
                     *     }
                     */
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    metrics_read: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/plain; version=0.0.4; charset=utf-8": string;
                };
            };
            401: components["responses"]["unauthenticated"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    auth_login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "ada@acme.example",
                 *       "password": "correct horse battery staple"
                 *     }
                 */
                "application/json": components["schemas"]["LoginRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "access_token": "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI2ZjFjOWEzZSJ9.c2lnbmF0dXJl",
                     *       "token_type": "Bearer",
                     *       "expires_in": 900,
                     *       "refresh_token": "crt_AZK1fR2bcQOLQ7xLhH0Q1mZ3c0V5d2h4a1R5c0p6WGx2bU53bUZ5S3VqT3F0YUhlZ2lZ",
                     *       "refresh_token_expires_in": 2592000
                     *     }
                     */
                    "application/json": components["schemas"]["TokenResponse"];
                };
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["invalid_credentials.two_factor_required.two_factor_invalid"];
            403: components["responses"]["user_disabled.cross_site_request"];
            409: components["responses"]["tenant_required"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_attempts.rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    auth_refresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "refresh_token": "crt_AZK1fR2bcQOLQ7xLhH0Q1mZ3c0V5d2h4a1R5c0p6WGx2bU53bUZ5S3VqT3F0YUhlZ2lZ"
                 *     }
                 */
                "application/json": components["schemas"]["RefreshRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "access_token": "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI2ZjFjOWEzZSJ9.c2lnbmF0dXJl",
                     *       "token_type": "Bearer",
                     *       "expires_in": 900,
                     *       "refresh_token": "crt_AZK1fR2bcQOLQ7xLhH0Q1mZ3c0V5d2h4a1R5c0p6WGx2bU53bUZ5S3VqT3F0YUhlZ2lZ",
                     *       "refresh_token_expires_in": 2592000
                     *     }
                     */
                    "application/json": components["schemas"]["TokenResponse"];
                };
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["invalid_token"];
            403: components["responses"]["cross_site_request"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    auth_logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "refresh_token": "crt_AZK1fR2bcQOLQ7xLhH0Q1mZ3c0V5d2h4a1R5c0p6WGx2bU53bUZ5S3VqT3F0YUhlZ2lZ"
                 *     }
                 */
                "application/json": components["schemas"]["LogoutRequest"];
            };
        };
        responses: {
            /** @description Done; no content. */
            204: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["malformed_json"];
            403: components["responses"]["cross_site_request"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    auth_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *       "email": "ada@acme.example",
                     *       "name": "Ada Lovelace",
                     *       "role": "admin",
                     *       "tenant": {
                     *         "id": "0195a4bf-8e1d-7c3a-9f42-61d7b0c5e8a1",
                     *         "slug": "acme",
                     *         "name": "Acme"
                     *       },
                     *       "email_verified": true,
                     *       "has_password": true,
                     *       "two_factor_enabled": true,
                     *       "two_factor_required": false,
                     *       "permissions": [
                     *         "self:read",
                     *         "license:read"
                     *       ],
                     *       "last_login_at": "2026-11-22T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Me"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["user_not_found"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    profile_update: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read. If the resource has changed since, the response is 412. */
                "If-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Ada King"
                 *     }
                 */
                "application/json": components["schemas"]["UpdateProfileRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *       "email": "ada@acme.example",
                     *       "name": "Ada Lovelace",
                     *       "role": "member",
                     *       "status": "active",
                     *       "email_verified": true,
                     *       "two_factor_enabled": false,
                     *       "seats_held": 1,
                     *       "last_login_at": "2026-11-22T09:30:00.000Z",
                     *       "last_seen_at": "2026-11-22T09:30:00.000Z",
                     *       "version": 3,
                     *       "created_at": "2026-11-20T08:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            412: components["responses"]["precondition_failed"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    logins_list: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
                ordering?: "last_used_at" | "-last_used_at" | "created_at" | "-created_at" | "expires_at" | "-expires_at";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "count": 1,
                     *       "next": null,
                     *       "previous": null,
                     *       "results": [
                     *         {
                     *           "id": "0193a1f0-5b1e-7c3e-9b57-0a6c2f4f8f11",
                     *           "method": "password",
                     *           "ip": "203.0.113.7",
                     *           "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
                     *           "created_at": "2026-11-20T08:00:00.000Z",
                     *           "last_used_at": "2026-11-22T09:30:00.000Z",
                     *           "expires_at": "2026-12-20T08:00:00.000Z",
                     *           "current": true
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["LoginPage"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    logins_end: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; no content. */
            204: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["login_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    logins_endAll: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "except_current": true
                 *     }
                 */
                "application/json": components["schemas"]["LogoutEverywhereRequest"];
            };
        };
        responses: {
            /** @description Done; no content. */
            204: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    deviceAuthorizations_begin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "client_name": "coditect-license on build-7"
                 *     }
                 */
                "application/json": components["schemas"]["DeviceAuthorizationRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "device_code": "cdc_q8N1fR2bcQOLQ7xLhH0Q1mZ3c0V5d2h4a1R5c0p6WGw",
                     *       "user_code": "WDJB-MJHT",
                     *       "verification_uri": "https://app.example.com/device",
                     *       "verification_uri_complete": "https://app.example.com/device?user_code=WDJB-MJHT",
                     *       "expires_in": 600,
                     *       "interval": 5
                     *     }
                     */
                    "application/json": components["schemas"]["DeviceAuthorizationResponse"];
                };
            };
            400: components["responses"]["malformed_json"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    deviceAuthorizations_exchange: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "device_code": "cdc_q8N1fR2bcQOLQ7xLhH0Q1mZ3c0V5d2h4a1R5c0p6WGw"
                 *     }
                 */
                "application/json": components["schemas"]["DeviceTokenRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "access_token": "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI2ZjFjOWEzZSJ9.c2lnbmF0dXJl",
                     *       "token_type": "Bearer",
                     *       "expires_in": 900,
                     *       "refresh_token": "crt_AZK1fR2bcQOLQ7xLhH0Q1mZ3c0V5d2h4a1R5c0p6WGx2bU53bUZ5S3VqT3F0YUhlZ2lZ",
                     *       "refresh_token_expires_in": 2592000
                     *     }
                     */
                    "application/json": components["schemas"]["TokenResponse"];
                };
            };
            400: components["responses"]["authorization_pending.slow_down.access_denied.expired_token.malformed_json"];
            403: components["responses"]["user_disabled"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    deviceAuthorizations_waiting: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_code: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "client_name": "coditect-license on build-7",
                     *       "ip": "203.0.113.7",
                     *       "created_at": "2026-11-22T09:30:00.000Z",
                     *       "expires_at": "2026-11-22T09:40:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["WaitingDevice"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["device_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    deviceAuthorizations_approve: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_code: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; no content. */
            204: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["device_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    deviceAuthorizations_deny: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_code: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; no content. */
            204: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["device_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    passwords_change: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "current_password": "correct horse battery staple",
                 *       "new_password": "nanoseconds of wire, handed out"
                 *     }
                 */
                "application/json": components["schemas"]["ChangePasswordRequest"];
            };
        };
        responses: {
            /** @description Done; no content. */
            204: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["invalid_credentials.unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_attempts.rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    passwords_forgot: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "ada@acme.example"
                 *     }
                 */
                "application/json": components["schemas"]["ForgotPasswordRequest"];
            };
        };
        responses: {
            /** @description Done; no content. */
            202: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["malformed_json"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    passwords_reset: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "token": "cpr_AZWkv44dfDqfQmHXsMXooUFOZ0hGb3V6N1cxb0ZtVjN4a2xQYzl0UjJiTGVXcVlu",
                 *       "password": "nanoseconds of wire, handed out"
                 *     }
                 */
                "application/json": components["schemas"]["ResetPasswordRequest"];
            };
        };
        responses: {
            /** @description Done; no content. */
            204: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["malformed_json"];
            410: components["responses"]["link_invalid"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    emailChange_request: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "ada.king@acme.example",
                 *       "current_password": "correct horse battery staple"
                 *     }
                 */
                "application/json": components["schemas"]["ChangeEmailRequest"];
            };
        };
        responses: {
            /** @description Done; no content. */
            202: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["invalid_credentials.unauthenticated.invalid_token"];
            403: components["responses"]["recent_login_required.forbidden.user_disabled"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_attempts.rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    emailChange_confirm: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "token": "cec_AZWkv44dfDqfQmHXsMXooUFOZ0hGb3V6N1cxb0ZtVjN4a2xQYzl0UjJiTGVXcVlu"
                 *     }
                 */
                "application/json": components["schemas"]["ConfirmEmailChangeRequest"];
            };
        };
        responses: {
            /** @description Done; no content. */
            204: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["malformed_json"];
            409: components["responses"]["email_taken"];
            410: components["responses"]["link_invalid"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    emailVerification_request: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; no content. */
            202: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            429: components["responses"]["too_many_attempts.rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    emailVerification_verify: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "token": "cev_AZWkv44dfDqfQmHXsMXooUFOZ0hGb3V6N1cxb0ZtVjN4a2xQYzl0UjJiTGVXcVlu"
                 *     }
                 */
                "application/json": components["schemas"]["VerifyEmailRequest"];
            };
        };
        responses: {
            /** @description Done; no content. */
            204: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["malformed_json"];
            410: components["responses"]["link_invalid"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    secondFactor_status: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "enabled": true,
                     *       "recovery_codes_left": 9
                     *     }
                     */
                    "application/json": components["schemas"]["SecondFactorStatus"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    secondFactor_setUp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "current_password": "correct horse battery staple"
                 *     }
                 */
                "application/json": components["schemas"]["SetUpTotpRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
                     *       "otpauth_url": "otpauth://totp/CODITECT:ada%40acme.example?issuer=CODITECT&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&algorithm=SHA1&digits=6&period=30"
                     *     }
                     */
                    "application/json": components["schemas"]["TotpSetup"];
                };
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["invalid_credentials.unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            409: components["responses"]["two_factor_enabled"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_attempts.rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    secondFactor_confirm: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "code": "492 039"
                 *     }
                 */
                "application/json": components["schemas"]["SecondFactorCodeRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "recovery_codes": [
                     *         "7rj3k-0w9xq",
                     *         "b2m8t-vh5pz"
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["RecoveryCodes"];
                };
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["two_factor_invalid.unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            409: components["responses"]["two_factor_enabled.two_factor_not_enabled"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_attempts.rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    secondFactor_renew: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "code": "492 039"
                 *     }
                 */
                "application/json": components["schemas"]["SecondFactorCodeRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "recovery_codes": [
                     *         "7rj3k-0w9xq",
                     *         "b2m8t-vh5pz"
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["RecoveryCodes"];
                };
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["two_factor_invalid.unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            409: components["responses"]["two_factor_not_enabled"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_attempts.rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    secondFactor_disable: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "code": "492 039"
                 *     }
                 */
                "application/json": components["schemas"]["SecondFactorCodeRequest"];
            };
        };
        responses: {
            /** @description Done; no content. */
            204: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["two_factor_invalid.unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            409: components["responses"]["two_factor_not_enabled"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_attempts.rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    oAuth_list: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
                /** @description Slug. Also lists the providers that only this tenant uses */
                tenant?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "count": 2,
                     *       "next": null,
                     *       "previous": null,
                     *       "results": [
                     *         {
                     *           "id": "google",
                     *           "name": "Google",
                     *           "kind": "oidc"
                     *         },
                     *         {
                     *           "id": "acme",
                     *           "name": "Acme",
                     *           "kind": "identity_platform",
                     *           "project_id": "acme-sign-in"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["SignInProviderPage"];
                };
            };
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    oAuth_start: {
        parameters: {
            query?: {
                /** @description Slug. Needed only by users who belong to several tenants */
                tenant?: string;
                /** @description A path of the dashboard */
                return_to?: string;
            };
            header?: never;
            path: {
                /** @description Id of a sign-in provider */
                provider: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; no content. */
            302: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: components["responses"]["provider_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    oAuth_callback: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a sign-in provider */
                provider: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; no content. */
            302: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["oauth_failed"];
            401: components["responses"]["two_factor_required.invalid_token"];
            403: components["responses"]["no_account.email_unverified.user_disabled.tenant_suspended.tenant_closed.quota_exceeded"];
            404: components["responses"]["provider_not_found"];
            409: components["responses"]["tenant_required.email_taken.identity_taken"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    oAuth_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a sign-in provider */
                provider: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id_token": "eyJhbGciOiJSUzI1NiIsImtpZCI6IjE3In0.eyJhdWQiOiJhY21lLXNpZ24taW4iLCJzdWIiOiJ4aDRmIn0.c2lnbmF0dXJl",
                 *       "token_delivery": "cookie"
                 *     }
                 */
                "application/json": components["schemas"]["SignInByTokenRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "access_token": "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI2ZjFjOWEzZSJ9.c2lnbmF0dXJl",
                     *       "token_type": "Bearer",
                     *       "expires_in": 900,
                     *       "refresh_token": "crt_AZK1fR2bcQOLQ7xLhH0Q1mZ3c0V5d2h4a1R5c0p6WGx2bU53bUZ5S3VqT3F0YUhlZ2lZ",
                     *       "refresh_token_expires_in": 2592000
                     *     }
                     */
                    "application/json": components["schemas"]["TokenResponse"];
                };
            };
            400: components["responses"]["oauth_failed.malformed_json"];
            401: components["responses"]["two_factor_required"];
            403: components["responses"]["no_account.email_unverified.user_disabled.tenant_suspended.tenant_closed.quota_exceeded.cross_site_request"];
            404: components["responses"]["provider_not_found"];
            409: components["responses"]["tenant_required.email_taken.identity_taken"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    identities_list: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
                /** @description Id of a sign-in provider */
                provider?: string;
                ordering?: "created_at" | "-created_at" | "provider" | "-provider";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "count": 1,
                     *       "next": null,
                     *       "previous": null,
                     *       "results": [
                     *         {
                     *           "id": "0195a4c2-31c7-7b0e-9d52-6e8f1a2b3c4d",
                     *           "provider": "google",
                     *           "email": "ada@acme.example",
                     *           "created_at": "2026-11-20T08:00:00.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["IdentityPage"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    identities_link: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a sign-in provider */
                provider: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "return_to": "/settings/account"
                 *     }
                 */
                "application/json": components["schemas"]["LinkIdentityRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "url": "https://accounts.google.com/o/oauth2/v2/auth?response_type=code&client_id=example"
                     *     }
                     */
                    "application/json": components["schemas"]["LinkIdentityResponse"];
                };
            };
            400: components["responses"]["oauth_failed.malformed_json"];
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["provider_not_found"];
            409: components["responses"]["identity_taken"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    identities_unlink: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; no content. */
            204: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["identity_not_found"];
            409: components["responses"]["last_sign_in_method"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    tenants_get: {
        parameters: {
            query?: never;
            header?: {
                /** @description An ETag that the caller has. If the resource has not changed since, the response is 304 without a body. */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4bf-8e1d-7c3a-9f42-61d7b0c5e8a1",
                     *       "slug": "acme",
                     *       "name": "Acme",
                     *       "status": "active",
                     *       "plan_tier": "team",
                     *       "contact_email": "it@acme.example",
                     *       "require_two_factor": false,
                     *       "delete_after": null,
                     *       "version": 3,
                     *       "created_at": "2026-11-20T08:00:00.000Z",
                     *       "updated_at": "2026-11-22T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            /** @description The resource has not changed since the given ETag. */
            304: {
                headers: {
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    tenants_update: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read. If the resource has changed since, the response is 412. */
                "If-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Acme Aerospace",
                 *       "slug": "acme-aerospace"
                 *     }
                 */
                "application/json": components["schemas"]["UpdateTenantRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4bf-8e1d-7c3a-9f42-61d7b0c5e8a1",
                     *       "slug": "acme",
                     *       "name": "Acme",
                     *       "status": "active",
                     *       "plan_tier": "team",
                     *       "contact_email": "it@acme.example",
                     *       "require_two_factor": false,
                     *       "delete_after": null,
                     *       "version": 3,
                     *       "created_at": "2026-11-20T08:00:00.000Z",
                     *       "updated_at": "2026-11-22T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            409: components["responses"]["slug_taken.two_factor_not_enabled"];
            412: components["responses"]["precondition_failed"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    tenants_readQuota: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "plan_tier": "team",
                     *       "features": [
                     *         "editor",
                     *         "agents",
                     *         "collaboration"
                     *       ],
                     *       "users": {
                     *         "limit": 50,
                     *         "used": 12,
                     *         "pending_invitations": 2
                     *       },
                     *       "projects": {
                     *         "limit": 100,
                     *         "used": 7
                     *       },
                     *       "licenses": [
                     *         {
                     *           "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
                     *           "product": "coditect",
                     *           "status": "active",
                     *           "seats_total": 25,
                     *           "seats_in_use": 9
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["TenantQuota"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    tenants_close: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read. If the resource has changed since, the response is 412. */
                "If-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "confirm_slug": "acme",
                 *       "password": "correct horse battery staple"
                 *     }
                 */
                "application/json": components["schemas"]["CloseTenantRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4bf-8e1d-7c3a-9f42-61d7b0c5e8a1",
                     *       "slug": "acme",
                     *       "name": "Acme",
                     *       "status": "active",
                     *       "plan_tier": "team",
                     *       "contact_email": "it@acme.example",
                     *       "require_two_factor": false,
                     *       "delete_after": null,
                     *       "version": 3,
                     *       "created_at": "2026-11-20T08:00:00.000Z",
                     *       "updated_at": "2026-11-22T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["invalid_credentials.unauthenticated.invalid_token"];
            403: components["responses"]["tenant_suspended.forbidden.user_disabled"];
            412: components["responses"]["precondition_failed"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["too_many_attempts.rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    tenants_reopen: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read. If the resource has changed since, the response is 412. */
                "If-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4bf-8e1d-7c3a-9f42-61d7b0c5e8a1",
                     *       "slug": "acme",
                     *       "name": "Acme",
                     *       "status": "active",
                     *       "plan_tier": "team",
                     *       "contact_email": "it@acme.example",
                     *       "require_two_factor": false,
                     *       "delete_after": null,
                     *       "version": 3,
                     *       "created_at": "2026-11-20T08:00:00.000Z",
                     *       "updated_at": "2026-11-22T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            412: components["responses"]["precondition_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    dataExports_list: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
                status?: "pending" | "running" | "ready" | "failed" | "expired";
                ordering?: "created_at" | "-created_at";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "count": 1,
                     *       "next": null,
                     *       "previous": null,
                     *       "results": [
                     *         {
                     *           "id": "0195a4c1-4b7e-7a02-9d35-c8e1f26a7b90",
                     *           "status": "ready",
                     *           "requested_by": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *           "size_bytes": 183422,
                     *           "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                     *           "error": null,
                     *           "created_at": "2026-11-20T08:00:00.000Z",
                     *           "completed_at": "2026-11-22T09:30:00.000Z",
                     *           "expires_at": "2026-11-29T09:30:00.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["DataExportPage"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    dataExports_request: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repeating a request with the same key within 24 hours returns the first response. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            202: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The URL of the created resource */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4c1-4b7e-7a02-9d35-c8e1f26a7b90",
                     *       "status": "ready",
                     *       "requested_by": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *       "size_bytes": 183422,
                     *       "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                     *       "error": null,
                     *       "created_at": "2026-11-20T08:00:00.000Z",
                     *       "completed_at": "2026-11-22T09:30:00.000Z",
                     *       "expires_at": "2026-11-29T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["DataExport"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            409: components["responses"]["idempotency_in_flight.idempotency_result_unknown"];
            422: components["responses"]["idempotency_key_reused"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    dataExports_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4c1-4b7e-7a02-9d35-c8e1f26a7b90",
                     *       "status": "ready",
                     *       "requested_by": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *       "size_bytes": 183422,
                     *       "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                     *       "error": null,
                     *       "created_at": "2026-11-20T08:00:00.000Z",
                     *       "completed_at": "2026-11-22T09:30:00.000Z",
                     *       "expires_at": "2026-11-29T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["DataExport"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["export_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    dataExports_download: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/zip": string;
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["export_not_found"];
            409: components["responses"]["export_not_ready"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    users_list: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
                /** @description Part of the name or the e-mail. Case does not matter */
                search?: string;
                role?: components["schemas"]["UserRole"];
                /** @description removed must be asked for explicitly, and needs user:remove */
                status?: "active" | "disabled" | "removed";
                /** @description Users who never signed in come last */
                ordering?: "name" | "-name" | "email" | "-email" | "created_at" | "-created_at" | "last_login_at" | "-last_login_at";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "count": 1,
                     *       "next": null,
                     *       "previous": null,
                     *       "results": [
                     *         {
                     *           "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *           "email": "ada@acme.example",
                     *           "name": "Ada Lovelace",
                     *           "role": "member",
                     *           "status": "active",
                     *           "email_verified": true,
                     *           "two_factor_enabled": false,
                     *           "seats_held": 1,
                     *           "last_login_at": "2026-11-22T09:30:00.000Z",
                     *           "last_seen_at": "2026-11-22T09:30:00.000Z",
                     *           "version": 3,
                     *           "created_at": "2026-11-20T08:00:00.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["UserPage"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    users_get: {
        parameters: {
            query?: never;
            header?: {
                /** @description An ETag that the caller has. If the resource has not changed since, the response is 304 without a body. */
                "If-None-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *       "email": "ada@acme.example",
                     *       "name": "Ada Lovelace",
                     *       "role": "member",
                     *       "status": "active",
                     *       "email_verified": true,
                     *       "two_factor_enabled": false,
                     *       "seats_held": 1,
                     *       "last_login_at": "2026-11-22T09:30:00.000Z",
                     *       "last_seen_at": "2026-11-22T09:30:00.000Z",
                     *       "version": 3,
                     *       "created_at": "2026-11-20T08:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["User"];
                };
            };
            /** @description The resource has not changed since the given ETag. */
            304: {
                headers: {
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["user_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    users_remove: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read. If the resource has changed since, the response is 412. */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; no content. */
            204: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["user_not_found"];
            409: components["responses"]["last_owner"];
            412: components["responses"]["precondition_failed"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    users_update: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read. If the resource has changed since, the response is 412. */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "role": "admin"
                 *     }
                 */
                "application/json": components["schemas"]["UpdateUserRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *       "email": "ada@acme.example",
                     *       "name": "Ada Lovelace",
                     *       "role": "member",
                     *       "status": "active",
                     *       "email_verified": true,
                     *       "two_factor_enabled": false,
                     *       "seats_held": 1,
                     *       "last_login_at": "2026-11-22T09:30:00.000Z",
                     *       "last_seen_at": "2026-11-22T09:30:00.000Z",
                     *       "version": 3,
                     *       "created_at": "2026-11-20T08:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["user_not_found"];
            409: components["responses"]["last_owner"];
            412: components["responses"]["precondition_failed"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    users_disable: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read. If the resource has changed since, the response is 412. */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *       "email": "ada@acme.example",
                     *       "name": "Ada Lovelace",
                     *       "role": "member",
                     *       "status": "active",
                     *       "email_verified": true,
                     *       "two_factor_enabled": false,
                     *       "seats_held": 1,
                     *       "last_login_at": "2026-11-22T09:30:00.000Z",
                     *       "last_seen_at": "2026-11-22T09:30:00.000Z",
                     *       "version": 3,
                     *       "created_at": "2026-11-20T08:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["User"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["user_not_found"];
            409: components["responses"]["last_owner"];
            412: components["responses"]["precondition_failed"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    users_enable: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read. If the resource has changed since, the response is 412. */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *       "email": "ada@acme.example",
                     *       "name": "Ada Lovelace",
                     *       "role": "member",
                     *       "status": "active",
                     *       "email_verified": true,
                     *       "two_factor_enabled": false,
                     *       "seats_held": 1,
                     *       "last_login_at": "2026-11-22T09:30:00.000Z",
                     *       "last_seen_at": "2026-11-22T09:30:00.000Z",
                     *       "version": 3,
                     *       "created_at": "2026-11-20T08:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["User"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["user_not_found"];
            412: components["responses"]["precondition_failed"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    users_resetTwoFactor: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read. If the resource has changed since, the response is 412. */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *       "email": "ada@acme.example",
                     *       "name": "Ada Lovelace",
                     *       "role": "member",
                     *       "status": "active",
                     *       "email_verified": true,
                     *       "two_factor_enabled": false,
                     *       "seats_held": 1,
                     *       "last_login_at": "2026-11-22T09:30:00.000Z",
                     *       "last_seen_at": "2026-11-22T09:30:00.000Z",
                     *       "version": 3,
                     *       "created_at": "2026-11-20T08:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["User"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["user_not_found"];
            412: components["responses"]["precondition_failed"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    users_erase: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read. If the resource has changed since, the response is 412. */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *       "email": "ada@acme.example",
                     *       "name": "Ada Lovelace",
                     *       "role": "member",
                     *       "status": "active",
                     *       "email_verified": true,
                     *       "two_factor_enabled": false,
                     *       "seats_held": 1,
                     *       "last_login_at": "2026-11-22T09:30:00.000Z",
                     *       "last_seen_at": "2026-11-22T09:30:00.000Z",
                     *       "version": 3,
                     *       "created_at": "2026-11-20T08:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["User"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["user_not_found"];
            409: components["responses"]["last_owner"];
            412: components["responses"]["precondition_failed"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    invitations_list: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
                /** @description Part of the e-mail. Case does not matter */
                search?: string;
                status?: "pending" | "accepted" | "revoked" | "expired";
                role?: components["schemas"]["UserRole"];
                ordering?: "email" | "-email" | "created_at" | "-created_at" | "expires_at" | "-expires_at";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "count": 1,
                     *       "next": null,
                     *       "previous": null,
                     *       "results": [
                     *         {
                     *           "id": "0195a4c2-7c10-7a4d-9e25-4b8d6f0a1c37",
                     *           "email": "grace@acme.example",
                     *           "role": "member",
                     *           "status": "pending",
                     *           "invited_by": {
                     *             "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *             "email": "ada@acme.example",
                     *             "name": "Ada Lovelace"
                     *           },
                     *           "sent_at": "2026-11-22T09:30:00.000Z",
                     *           "expires_at": "2026-11-29T09:30:00.000Z",
                     *           "accepted_at": null,
                     *           "revoked_at": null,
                     *           "created_at": "2026-11-22T09:30:00.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["InvitationPage"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    invitations_invite: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repeating a request with the same key within 24 hours returns the first response. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "grace@acme.example",
                 *       "role": "member"
                 *     }
                 */
                "application/json": components["schemas"]["InviteRequest"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "invitations": [
                     *         {
                     *           "id": "0195a4c2-7c10-7a4d-9e25-4b8d6f0a1c37",
                     *           "email": "grace@acme.example",
                     *           "role": "member",
                     *           "status": "pending",
                     *           "invited_by": {
                     *             "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *             "email": "ada@acme.example",
                     *             "name": "Ada Lovelace"
                     *           },
                     *           "sent_at": "2026-11-22T09:30:00.000Z",
                     *           "expires_at": "2026-11-29T09:30:00.000Z",
                     *           "accepted_at": null,
                     *           "revoked_at": null,
                     *           "created_at": "2026-11-22T09:30:00.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["InviteResponse"];
                };
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["quota_exceeded.forbidden.user_disabled"];
            409: components["responses"]["email_taken.idempotency_in_flight.idempotency_result_unknown"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed.idempotency_key_reused"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    invitations_resend: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4c2-7c10-7a4d-9e25-4b8d6f0a1c37",
                     *       "email": "grace@acme.example",
                     *       "role": "member",
                     *       "status": "pending",
                     *       "invited_by": {
                     *         "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *         "email": "ada@acme.example",
                     *         "name": "Ada Lovelace"
                     *       },
                     *       "sent_at": "2026-11-22T09:30:00.000Z",
                     *       "expires_at": "2026-11-29T09:30:00.000Z",
                     *       "accepted_at": null,
                     *       "revoked_at": null,
                     *       "created_at": "2026-11-22T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Invitation"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["quota_exceeded.forbidden.user_disabled"];
            404: components["responses"]["invitation_not_found"];
            409: components["responses"]["invitation_not_open.email_taken"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    invitations_revoke: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; no content. */
            204: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["invitation_not_found"];
            409: components["responses"]["invitation_not_open"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    invitationLinks_open: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "tenant": {
                     *         "slug": "acme",
                     *         "name": "Acme Rockets"
                     *       },
                     *       "email": "grace@acme.example",
                     *       "role": "member",
                     *       "expires_at": "2026-11-29T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["OpenInvitation"];
                };
            };
            403: components["responses"]["tenant_suspended.tenant_closed"];
            410: components["responses"]["link_invalid"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    invitationLinks_accept: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Grace Hopper",
                 *       "password": "nanoseconds of wire, handed out"
                 *     }
                 */
                "application/json": components["schemas"]["AcceptInvitationRequest"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "access_token": "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI2ZjFjOWEzZSJ9.c2lnbmF0dXJl",
                     *       "token_type": "Bearer",
                     *       "expires_in": 900,
                     *       "refresh_token": "crt_AZK1fR2bcQOLQ7xLhH0Q1mZ3c0V5d2h4a1R5c0p6WGx2bU53bUZ5S3VqT3F0YUhlZ2lZ",
                     *       "refresh_token_expires_in": 2592000
                     *     }
                     */
                    "application/json": components["schemas"]["TokenResponse"];
                };
            };
            400: components["responses"]["malformed_json"];
            403: components["responses"]["tenant_suspended.tenant_closed.cross_site_request"];
            409: components["responses"]["email_taken"];
            410: components["responses"]["link_invalid"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    seats_acquire: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "machine_id": "6f1c9a3e-6f0d-4c3e-9b57-0a6c2f4f8f11",
                 *       "features": [
                 *         "editor"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["AcquireRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "session_token": "cst_AZWkv44dfDqfQmHXsMXooQ…",
                     *       "session_id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
                     *       "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
                     *       "seat_no": 1,
                     *       "lease_expires_at": "2026-11-22T09:36:00.000Z",
                     *       "heartbeat_interval_seconds": 120,
                     *       "expires_at": "2026-11-22T17:30:00.000Z",
                     *       "features": [
                     *         "editor",
                     *         "agents"
                     *       ],
                     *       "signed_license": {
                     *         "payload": {
                     *           "session_id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
                     *           "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
                     *           "user_id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *           "tenant_id": "0195a4bf-8e1d-7c3a-9f42-61d7b0c5e8a1",
                     *           "machine_id": "6f1c9a3e-6f0d-4c3e-9b57-0a6c2f4f8f11",
                     *           "plan_tier": "team",
                     *           "features": [
                     *             "editor",
                     *             "agents"
                     *           ],
                     *           "seat_no": 1,
                     *           "iat": 1795339800,
                     *           "exp": 1795368600,
                     *           "lease_seconds": 360,
                     *           "iss": "https://licenses.example.com"
                     *         },
                     *         "signature": "b0pU…",
                     *         "algorithm": "RSA_SIGN_PKCS1_4096_SHA256",
                     *         "key_id": "local-2026-11",
                     *         "token": "eyJhbGciOiJSUzI1NiIs….eyJzZXNzaW9uX2lkIjoi….b0pU…"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["AcquireResponse"];
                };
            };
            /** @description Done. */
            201: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The URL of the created resource */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "session_token": "cst_AZWkv44dfDqfQmHXsMXooQ…",
                     *       "session_id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
                     *       "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
                     *       "seat_no": 1,
                     *       "lease_expires_at": "2026-11-22T09:36:00.000Z",
                     *       "heartbeat_interval_seconds": 120,
                     *       "expires_at": "2026-11-22T17:30:00.000Z",
                     *       "features": [
                     *         "editor",
                     *         "agents"
                     *       ],
                     *       "signed_license": {
                     *         "payload": {
                     *           "session_id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
                     *           "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
                     *           "user_id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *           "tenant_id": "0195a4bf-8e1d-7c3a-9f42-61d7b0c5e8a1",
                     *           "machine_id": "6f1c9a3e-6f0d-4c3e-9b57-0a6c2f4f8f11",
                     *           "plan_tier": "team",
                     *           "features": [
                     *             "editor",
                     *             "agents"
                     *           ],
                     *           "seat_no": 1,
                     *           "iat": 1795339800,
                     *           "exp": 1795368600,
                     *           "lease_seconds": 360,
                     *           "iss": "https://licenses.example.com"
                     *         },
                     *         "signature": "b0pU…",
                     *         "algorithm": "RSA_SIGN_PKCS1_4096_SHA256",
                     *         "key_id": "local-2026-11",
                     *         "token": "eyJhbGciOiJSUzI1NiIs….eyJzZXNzaW9uX2lkIjoi….b0pU…"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["AcquireResponse"];
                };
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["no_seats_available.entitlement_missing.license_suspended.license_revoked.license_expired.license_not_yet_valid.tenant_suspended.tenant_closed.user_disabled.user_removed.forbidden"];
            404: components["responses"]["license_not_found"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    seats_validate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "machine_id": "6f1c9a3e-6f0d-4c3e-9b57-0a6c2f4f8f11",
                 *       "features": [
                 *         "editor"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["AcquireRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "valid": true,
                     *       "session_token": "cst_AZWkv44dfDqfQmHXsMXooQ…",
                     *       "session_id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
                     *       "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
                     *       "seat_no": 1,
                     *       "lease_expires_at": "2026-11-22T09:36:00.000Z",
                     *       "heartbeat_interval_seconds": 120,
                     *       "expires_at": "2026-11-22T17:30:00.000Z",
                     *       "features": [
                     *         "editor",
                     *         "agents"
                     *       ],
                     *       "signed_license": {
                     *         "payload": {
                     *           "session_id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
                     *           "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
                     *           "user_id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *           "tenant_id": "0195a4bf-8e1d-7c3a-9f42-61d7b0c5e8a1",
                     *           "machine_id": "6f1c9a3e-6f0d-4c3e-9b57-0a6c2f4f8f11",
                     *           "plan_tier": "team",
                     *           "features": [
                     *             "editor",
                     *             "agents"
                     *           ],
                     *           "seat_no": 1,
                     *           "iat": 1795339800,
                     *           "exp": 1795368600,
                     *           "lease_seconds": 360,
                     *           "iss": "https://licenses.example.com"
                     *         },
                     *         "signature": "b0pU…",
                     *         "algorithm": "RSA_SIGN_PKCS1_4096_SHA256",
                     *         "key_id": "local-2026-11",
                     *         "token": "eyJhbGciOiJSUzI1NiIs….eyJzZXNzaW9uX2lkIjoi….b0pU…"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ValidateResponse"];
                };
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    seats_heartbeat: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "session_token": "cst_AZWkv44dfDqfQmHXsMXooQ…"
                 *     }
                 */
                "application/json": components["schemas"]["SessionTokenRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "session_id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
                     *       "status": "active",
                     *       "lease_expires_at": "2026-11-22T09:38:00.000Z",
                     *       "heartbeat_interval_seconds": 120,
                     *       "expires_at": "2026-11-22T17:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["HeartbeatResponse"];
                };
            };
            400: components["responses"]["malformed_json"];
            403: components["responses"]["license_suspended.license_revoked.license_expired.tenant_suspended.tenant_closed.user_disabled.user_removed"];
            404: components["responses"]["session_not_found"];
            410: components["responses"]["lease_lost"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    seats_release: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "session_token": "cst_AZWkv44dfDqfQmHXsMXooQ…"
                 *     }
                 */
                "application/json": components["schemas"]["SessionTokenRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "session_id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
                     *       "status": "released",
                     *       "ended_at": "2026-11-22T09:30:00.000Z",
                     *       "end_reason": "released"
                     *     }
                     */
                    "application/json": components["schemas"]["ReleaseResponse"];
                };
            };
            400: components["responses"]["malformed_json"];
            404: components["responses"]["session_not_found"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    licenses_list: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
                status?: "active" | "suspended" | "revoked";
                product?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "count": 1,
                     *       "next": null,
                     *       "previous": null,
                     *       "results": [
                     *         {
                     *           "id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
                     *           "key": "CODI-7Q4M-2XKD-9RTB-HW6E",
                     *           "product": "coditect",
                     *           "plan_tier": "team",
                     *           "status": "active",
                     *           "seats_total": 25,
                     *           "seats_in_use": 7,
                     *           "seats_free": 18,
                     *           "features": [
                     *             "editor",
                     *             "agents",
                     *             "collaboration"
                     *           ],
                     *           "lease_seconds": 360,
                     *           "session_seconds": 28800,
                     *           "valid_from": "2026-11-20T08:00:00.000Z",
                     *           "valid_until": "2027-11-20T08:00:00.000Z",
                     *           "created_at": "2026-11-20T08:00:00.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["LicensePage"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    licenses_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
                     *       "key": "CODI-7Q4M-2XKD-9RTB-HW6E",
                     *       "product": "coditect",
                     *       "plan_tier": "team",
                     *       "status": "active",
                     *       "seats_total": 25,
                     *       "seats_in_use": 7,
                     *       "seats_free": 18,
                     *       "features": [
                     *         "editor",
                     *         "agents",
                     *         "collaboration"
                     *       ],
                     *       "lease_seconds": 360,
                     *       "session_seconds": 28800,
                     *       "valid_from": "2026-11-20T08:00:00.000Z",
                     *       "valid_until": "2027-11-20T08:00:00.000Z",
                     *       "created_at": "2026-11-20T08:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["License"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["license_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    licenseSessions_list: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
                /** @description Part of the holder's name or e-mail, or the start of the machine id or, from 8 digits on, of the session id. Case does not matter */
                search?: string;
                status?: "active" | "released" | "expired" | "revoked";
                license_id?: string;
                user_id?: string;
                machine_id?: string;
                ordering?: "started_at" | "-started_at" | "seat_no" | "-seat_no";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "count": 1,
                     *       "next": null,
                     *       "previous": null,
                     *       "results": [
                     *         {
                     *           "id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
                     *           "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
                     *           "user": {
                     *             "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *             "email": "ada@acme.example",
                     *             "name": "Ada Lovelace"
                     *           },
                     *           "machine_id": "6f1c9a3e-6f0d-4c3e-9b57-0a6c2f4f8f11",
                     *           "seat_no": 1,
                     *           "status": "active",
                     *           "started_at": "2026-11-22T09:30:00.000Z",
                     *           "last_heartbeat_at": "2026-11-22T09:30:00.000Z",
                     *           "lease_expires_at": "2026-11-22T09:36:00.000Z",
                     *           "expires_at": "2026-11-22T17:30:00.000Z",
                     *           "ended_at": null,
                     *           "end_reason": null
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["LicenseSessionPage"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    licenseSessions_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
                     *       "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
                     *       "user": {
                     *         "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *         "email": "ada@acme.example",
                     *         "name": "Ada Lovelace"
                     *       },
                     *       "machine_id": "6f1c9a3e-6f0d-4c3e-9b57-0a6c2f4f8f11",
                     *       "seat_no": 1,
                     *       "status": "active",
                     *       "started_at": "2026-11-22T09:30:00.000Z",
                     *       "last_heartbeat_at": "2026-11-22T09:30:00.000Z",
                     *       "lease_expires_at": "2026-11-22T09:36:00.000Z",
                     *       "expires_at": "2026-11-22T17:30:00.000Z",
                     *       "ended_at": null,
                     *       "end_reason": null
                     *     }
                     */
                    "application/json": components["schemas"]["LicenseSession"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["session_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    licenseSessions_signedLicense: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "payload": {
                     *         "session_id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
                     *         "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
                     *         "user_id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *         "tenant_id": "0195a4bf-8e1d-7c3a-9f42-61d7b0c5e8a1",
                     *         "machine_id": "6f1c9a3e-6f0d-4c3e-9b57-0a6c2f4f8f11",
                     *         "plan_tier": "team",
                     *         "features": [
                     *           "editor",
                     *           "agents"
                     *         ],
                     *         "seat_no": 1,
                     *         "iat": 1795339800,
                     *         "exp": 1795368600,
                     *         "lease_seconds": 360,
                     *         "iss": "https://licenses.example.com"
                     *       },
                     *       "signature": "b0pU…",
                     *       "algorithm": "RSA_SIGN_PKCS1_4096_SHA256",
                     *       "key_id": "local-2026-11",
                     *       "token": "eyJhbGciOiJSUzI1NiIs….eyJzZXNzaW9uX2lkIjoi….b0pU…"
                     *     }
                     */
                    "application/json": components["schemas"]["SignedLicense"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["license_suspended.license_revoked.license_expired.tenant_suspended.tenant_closed.user_disabled.user_removed.forbidden"];
            404: components["responses"]["session_not_found"];
            410: components["responses"]["lease_lost"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    licenseSessions_heartbeat: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "session_id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
                     *       "status": "active",
                     *       "lease_expires_at": "2026-11-22T09:38:00.000Z",
                     *       "heartbeat_interval_seconds": 120,
                     *       "expires_at": "2026-11-22T17:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["HeartbeatResponse"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["license_suspended.license_revoked.license_expired.tenant_suspended.tenant_closed.user_disabled.user_removed.forbidden"];
            404: components["responses"]["session_not_found"];
            410: components["responses"]["lease_lost"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    licenseSessions_release: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "session_id": "0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54",
                     *       "status": "released",
                     *       "ended_at": "2026-11-22T09:30:00.000Z",
                     *       "end_reason": "released"
                     *     }
                     */
                    "application/json": components["schemas"]["ReleaseResponse"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["session_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    seatRequests_contacts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "contacts": [
                     *         {
                     *           "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *           "name": "Ada Lovelace",
                     *           "role": "admin"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["LicenseContacts"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["license_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    seatRequests_ask: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repeating a request with the same key within 24 hours returns the first response. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            202: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "contacts": [
                     *         {
                     *           "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *           "name": "Ada Lovelace",
                     *           "role": "admin"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["LicenseContacts"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["license_suspended.license_revoked.license_expired.license_not_yet_valid.user_removed.forbidden.user_disabled"];
            404: components["responses"]["license_not_found"];
            409: components["responses"]["idempotency_in_flight.idempotency_result_unknown"];
            422: components["responses"]["validation_failed.idempotency_key_reused"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    jwks_jwks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "keys": [
                     *         {
                     *           "kty": "RSA",
                     *           "kid": "local-2026-11",
                     *           "use": "sig",
                     *           "alg": "RS256",
                     *           "n": "u7c4…",
                     *           "e": "AQAB"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/jwk-set+json": components["schemas"]["Jwks"];
                };
            };
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    projects_list: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
                /** @description Part of the name or the description. Case does not matter */
                search?: string;
                status?: "active" | "archived";
                owner_id?: string;
                ordering?: "name" | "-name" | "created_at" | "-created_at" | "updated_at" | "-updated_at";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "count": 1,
                     *       "next": null,
                     *       "previous": null,
                     *       "results": [
                     *         {
                     *           "id": "019a5f70-9b1e-7c44-a1d2-3e4f5a6b7c8d",
                     *           "name": "Flight software",
                     *           "description": "Guidance, navigation and control",
                     *           "status": "active",
                     *           "owner": {
                     *             "id": "019a5f6e-1c2b-7d3e-8f40-5a6b7c8d9e0f",
                     *             "email": "ada@acme.test",
                     *             "name": "Ada Lovelace"
                     *           },
                     *           "archived_at": null,
                     *           "version": 1,
                     *           "created_at": "2026-11-22T09:30:00.000Z",
                     *           "updated_at": "2026-11-22T09:30:00.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ProjectPage"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    projects_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repeating a request with the same key within 24 hours returns the first response. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Flight software",
                 *       "description": "Guidance, navigation and control"
                 *     }
                 */
                "application/json": components["schemas"]["CreateProjectRequest"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    /** @description The URL of the created resource */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "019a5f70-9b1e-7c44-a1d2-3e4f5a6b7c8d",
                     *       "name": "Flight software",
                     *       "description": "Guidance, navigation and control",
                     *       "status": "active",
                     *       "owner": {
                     *         "id": "019a5f6e-1c2b-7d3e-8f40-5a6b7c8d9e0f",
                     *         "email": "ada@acme.test",
                     *         "name": "Ada Lovelace"
                     *       },
                     *       "archived_at": null,
                     *       "version": 1,
                     *       "created_at": "2026-11-22T09:30:00.000Z",
                     *       "updated_at": "2026-11-22T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Project"];
                };
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["quota_exceeded.forbidden.user_disabled"];
            409: components["responses"]["idempotency_in_flight.idempotency_result_unknown"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed.idempotency_key_reused"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    projects_get: {
        parameters: {
            query?: never;
            header?: {
                /** @description An ETag that the caller has. If the resource has not changed since, the response is 304 without a body. */
                "If-None-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "019a5f70-9b1e-7c44-a1d2-3e4f5a6b7c8d",
                     *       "name": "Flight software",
                     *       "description": "Guidance, navigation and control",
                     *       "status": "active",
                     *       "owner": {
                     *         "id": "019a5f6e-1c2b-7d3e-8f40-5a6b7c8d9e0f",
                     *         "email": "ada@acme.test",
                     *         "name": "Ada Lovelace"
                     *       },
                     *       "archived_at": null,
                     *       "version": 1,
                     *       "created_at": "2026-11-22T09:30:00.000Z",
                     *       "updated_at": "2026-11-22T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Project"];
                };
            };
            /** @description The resource has not changed since the given ETag. */
            304: {
                headers: {
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["project_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    projects_delete: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read. If the resource has changed since, the response is 412. */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; no content. */
            204: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["project_not_found"];
            412: components["responses"]["precondition_failed"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    projects_update: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read. If the resource has changed since, the response is 412. */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Flight software 2"
                 *     }
                 */
                "application/json": components["schemas"]["UpdateProjectRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "019a5f70-9b1e-7c44-a1d2-3e4f5a6b7c8d",
                     *       "name": "Flight software",
                     *       "description": "Guidance, navigation and control",
                     *       "status": "active",
                     *       "owner": {
                     *         "id": "019a5f6e-1c2b-7d3e-8f40-5a6b7c8d9e0f",
                     *         "email": "ada@acme.test",
                     *         "name": "Ada Lovelace"
                     *       },
                     *       "archived_at": null,
                     *       "version": 1,
                     *       "created_at": "2026-11-22T09:30:00.000Z",
                     *       "updated_at": "2026-11-22T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Project"];
                };
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["project_not_found"];
            409: components["responses"]["project_archived"];
            412: components["responses"]["precondition_failed"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    projects_archive: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read. If the resource has changed since, the response is 412. */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "019a5f70-9b1e-7c44-a1d2-3e4f5a6b7c8d",
                     *       "name": "Flight software",
                     *       "description": "Guidance, navigation and control",
                     *       "status": "active",
                     *       "owner": {
                     *         "id": "019a5f6e-1c2b-7d3e-8f40-5a6b7c8d9e0f",
                     *         "email": "ada@acme.test",
                     *         "name": "Ada Lovelace"
                     *       },
                     *       "archived_at": null,
                     *       "version": 1,
                     *       "created_at": "2026-11-22T09:30:00.000Z",
                     *       "updated_at": "2026-11-22T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Project"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["project_not_found"];
            412: components["responses"]["precondition_failed"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    projects_restore: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read. If the resource has changed since, the response is 412. */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "019a5f70-9b1e-7c44-a1d2-3e4f5a6b7c8d",
                     *       "name": "Flight software",
                     *       "description": "Guidance, navigation and control",
                     *       "status": "active",
                     *       "owner": {
                     *         "id": "019a5f6e-1c2b-7d3e-8f40-5a6b7c8d9e0f",
                     *         "email": "ada@acme.test",
                     *         "name": "Ada Lovelace"
                     *       },
                     *       "archived_at": null,
                     *       "version": 1,
                     *       "created_at": "2026-11-22T09:30:00.000Z",
                     *       "updated_at": "2026-11-22T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Project"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["quota_exceeded.forbidden.user_disabled"];
            404: components["responses"]["project_not_found"];
            412: components["responses"]["precondition_failed"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    apiKeys_list: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
                /** @description tenant lists the keys of all users and needs api_key:manage_any */
                scope?: "own" | "tenant";
                /** @description Only keys of this user. Another user needs api_key:manage_any */
                user_id?: string;
                status?: "active" | "expired" | "revoked";
                /** @description Part of the name. Case does not matter */
                search?: string;
                /** @description Keys that were never used, or never expire, come last */
                ordering?: "name" | "-name" | "created_at" | "-created_at" | "last_used_at" | "-last_used_at" | "expires_at" | "-expires_at";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "count": 1,
                     *       "next": null,
                     *       "previous": null,
                     *       "results": [
                     *         {
                     *           "id": "019a5f74-0d5c-7b21-9c3e-7f8091a2b3c4",
                     *           "name": "Build machines",
                     *           "prefix": "cak_…Qx7bTw",
                     *           "scopes": [
                     *             "license:read",
                     *             "license_session:acquire",
                     *             "license_session:hold"
                     *           ],
                     *           "status": "active",
                     *           "user": {
                     *             "id": "019a5f6e-1c2b-7d3e-8f40-5a6b7c8d9e0f",
                     *             "email": "ada@acme.test",
                     *             "name": "Ada Lovelace"
                     *           },
                     *           "expires_at": "2027-02-20T09:30:00.000Z",
                     *           "last_used_at": "2026-11-22T10:12:00.000Z",
                     *           "revoked_at": null,
                     *           "created_at": "2026-11-22T09:30:00.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ApiKeyPage"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    apiKeys_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repeating a request with the same key within 24 hours returns the first response. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Build machines",
                 *       "scopes": [
                 *         "license:read",
                 *         "license_session:acquire",
                 *         "license_session:hold"
                 *       ],
                 *       "expires_in_days": 90
                 *     }
                 */
                "application/json": components["schemas"]["CreateApiKeyRequest"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The URL of the created resource */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "019a5f74-0d5c-7b21-9c3e-7f8091a2b3c4",
                     *       "name": "Build machines",
                     *       "prefix": "cak_…Qx7bTw",
                     *       "scopes": [
                     *         "license:read",
                     *         "license_session:acquire",
                     *         "license_session:hold"
                     *       ],
                     *       "status": "active",
                     *       "user": {
                     *         "id": "019a5f6e-1c2b-7d3e-8f40-5a6b7c8d9e0f",
                     *         "email": "ada@acme.test",
                     *         "name": "Ada Lovelace"
                     *       },
                     *       "expires_at": "2027-02-20T09:30:00.000Z",
                     *       "last_used_at": "2026-11-22T10:12:00.000Z",
                     *       "revoked_at": null,
                     *       "created_at": "2026-11-22T09:30:00.000Z",
                     *       "key": "cak_AZqfbhwrfT6PQFprfI2eDwexample0not0a0real0key0example0not0a0real0Qx7bTw"
                     *     }
                     */
                    "application/json": components["schemas"]["CreatedApiKey"];
                };
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["quota_exceeded.forbidden.user_disabled"];
            409: components["responses"]["idempotency_in_flight.idempotency_result_unknown"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed.idempotency_key_reused"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    apiKeys_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "019a5f74-0d5c-7b21-9c3e-7f8091a2b3c4",
                     *       "name": "Build machines",
                     *       "prefix": "cak_…Qx7bTw",
                     *       "scopes": [
                     *         "license:read",
                     *         "license_session:acquire",
                     *         "license_session:hold"
                     *       ],
                     *       "status": "active",
                     *       "user": {
                     *         "id": "019a5f6e-1c2b-7d3e-8f40-5a6b7c8d9e0f",
                     *         "email": "ada@acme.test",
                     *         "name": "Ada Lovelace"
                     *       },
                     *       "expires_at": "2027-02-20T09:30:00.000Z",
                     *       "last_used_at": "2026-11-22T10:12:00.000Z",
                     *       "revoked_at": null,
                     *       "created_at": "2026-11-22T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["api_key_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    apiKeys_revoke: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; no content. */
            204: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["api_key_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    apiKeys_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Nightly builds"
                 *     }
                 */
                "application/json": components["schemas"]["UpdateApiKeyRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "019a5f74-0d5c-7b21-9c3e-7f8091a2b3c4",
                     *       "name": "Build machines",
                     *       "prefix": "cak_…Qx7bTw",
                     *       "scopes": [
                     *         "license:read",
                     *         "license_session:acquire",
                     *         "license_session:hold"
                     *       ],
                     *       "status": "active",
                     *       "user": {
                     *         "id": "019a5f6e-1c2b-7d3e-8f40-5a6b7c8d9e0f",
                     *         "email": "ada@acme.test",
                     *         "name": "Ada Lovelace"
                     *       },
                     *       "expires_at": "2027-02-20T09:30:00.000Z",
                     *       "last_used_at": "2026-11-22T10:12:00.000Z",
                     *       "revoked_at": null,
                     *       "created_at": "2026-11-22T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["api_key_not_found"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    apiKeys_rotate: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repeating a request with the same key within 24 hours returns the first response. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "overlap_seconds": 3600
                 *     }
                 */
                "application/json": components["schemas"]["RotateApiKeyRequest"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The URL of the created resource */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "019a5f74-0d5c-7b21-9c3e-7f8091a2b3c4",
                     *       "name": "Build machines",
                     *       "prefix": "cak_…Qx7bTw",
                     *       "scopes": [
                     *         "license:read",
                     *         "license_session:acquire",
                     *         "license_session:hold"
                     *       ],
                     *       "status": "active",
                     *       "user": {
                     *         "id": "019a5f6e-1c2b-7d3e-8f40-5a6b7c8d9e0f",
                     *         "email": "ada@acme.test",
                     *         "name": "Ada Lovelace"
                     *       },
                     *       "expires_at": "2027-02-20T09:30:00.000Z",
                     *       "last_used_at": "2026-11-22T10:12:00.000Z",
                     *       "revoked_at": null,
                     *       "created_at": "2026-11-22T09:30:00.000Z",
                     *       "key": "cak_AZqfbhwrfT6PQFprfI2eDwexample0not0a0real0key0example0not0a0real0Qx7bTw"
                     *     }
                     */
                    "application/json": components["schemas"]["CreatedApiKey"];
                };
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["quota_exceeded.forbidden.user_disabled"];
            404: components["responses"]["api_key_not_found"];
            409: components["responses"]["api_key_inactive.idempotency_in_flight.idempotency_result_unknown"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed.idempotency_key_reused"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    auditLogs_list: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
                actor_id?: string;
                /** @description An action, or all actions with a prefix: `user.*` */
                action?: string;
                resource_type?: string;
                resource_id?: string;
                request_id?: string;
                /** @description Start of the range, inclusive, RFC 3339 */
                from?: string;
                /** @description End of the range, exclusive, RFC 3339 */
                to?: string;
                /** @description Part of the action or of the actor name. Case does not matter */
                search?: string;
                ordering?: "occurred_at" | "-occurred_at";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "count": 1,
                     *       "next": null,
                     *       "previous": null,
                     *       "results": [
                     *         {
                     *           "id": "0195a4c2-7d10-7e55-b8c1-4f6a90d2e317",
                     *           "occurred_at": "2026-11-22T09:30:00.000Z",
                     *           "actor_type": "user",
                     *           "actor_id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *           "actor_name": "ada@acme.example",
                     *           "action": "user.disabled",
                     *           "resource_type": "user",
                     *           "resource_id": "0195a4c1-6b3f-7a02-9d18-e5c7f2b4a690",
                     *           "before": {
                     *             "status": "active"
                     *           },
                     *           "after": {
                     *             "status": "disabled"
                     *           },
                     *           "ip": "203.0.113.7",
                     *           "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                     *           "request_id": "0195a4c2-7d0e-7b1a-8f65-c3d9e0a17b42",
                     *           "sequence": 1204,
                     *           "hash": "RuEqGsJVu-pkkk3MnsTioYarA3RogDQwgksWrTttCQo",
                     *           "erased_at": null
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["AuditLogPage"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    auditLogs_verify: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "valid": true,
                     *       "entries": 1204,
                     *       "first_sequence": 1,
                     *       "last_sequence": 1204,
                     *       "last_hash": "RuEqGsJVu-pkkk3MnsTioYarA3RogDQwgksWrTttCQo",
                     *       "sealed_at": "2026-11-22T09:30:00.000Z",
                     *       "erased": 0
                     *     }
                     */
                    "application/json": components["schemas"]["AuditVerification"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    auditLogs_export: {
        parameters: {
            query: {
                actor_id?: string;
                /** @description An action, or all actions with a prefix: `user.*` */
                action?: string;
                resource_type?: string;
                resource_id?: string;
                request_id?: string;
                /** @description Start of the range, inclusive, RFC 3339 */
                from?: string;
                /** @description End of the range, exclusive, RFC 3339 */
                to?: string;
                /** @description Part of the action or of the actor name. Case does not matter */
                search?: string;
                /** @description csv is a table for people. ndjson holds everything that offline verification needs */
                format: "csv" | "ndjson";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    auditLogs_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4c2-7d10-7e55-b8c1-4f6a90d2e317",
                     *       "occurred_at": "2026-11-22T09:30:00.000Z",
                     *       "actor_type": "user",
                     *       "actor_id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *       "actor_name": "ada@acme.example",
                     *       "action": "user.disabled",
                     *       "resource_type": "user",
                     *       "resource_id": "0195a4c1-6b3f-7a02-9d18-e5c7f2b4a690",
                     *       "before": {
                     *         "status": "active"
                     *       },
                     *       "after": {
                     *         "status": "disabled"
                     *       },
                     *       "ip": "203.0.113.7",
                     *       "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                     *       "request_id": "0195a4c2-7d0e-7b1a-8f65-c3d9e0a17b42",
                     *       "sequence": 1204,
                     *       "hash": "RuEqGsJVu-pkkk3MnsTioYarA3RogDQwgksWrTttCQo",
                     *       "erased_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["AuditLog"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["audit_log_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    analytics_usage: {
        parameters: {
            query: {
                /** @description Only this license. Without it, all licenses are added up */
                license_id?: string;
                /** @description Start of the range, inclusive, RFC 3339 */
                from: string;
                /** @description End of the range, exclusive, RFC 3339 */
                to: string;
                bucket?: "5m" | "hour" | "day";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "bucket": "hour",
                     *       "series": [
                     *         {
                     *           "starts_at": "2026-11-20T08:00:00.000Z",
                     *           "peak": 19,
                     *           "mean": 14.25,
                     *           "seats_total": 25,
                     *           "acquires": 23,
                     *           "denials": 0,
                     *           "unique_users": 21,
                     *           "unique_machines": 22
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Usage"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["license_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    analytics_heatmap: {
        parameters: {
            query: {
                /** @description Only this license. Without it, all licenses are added up */
                license_id?: string;
                /** @description Start of the range, inclusive, RFC 3339 */
                from: string;
                /** @description End of the range, exclusive, RFC 3339 */
                to: string;
                /** @description IANA name */
                time_zone?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "time_zone": "Europe/Berlin",
                     *       "cells": [
                     *         {
                     *           "weekday": 1,
                     *           "hour": 0,
                     *           "peak": 2,
                     *           "mean": 0.75
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Heatmap"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["license_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    analytics_denials: {
        parameters: {
            query: {
                /** @description Only this license. Without it, all licenses are added up */
                license_id?: string;
                /** @description Start of the range, inclusive, RFC 3339 */
                from: string;
                /** @description End of the range, exclusive, RFC 3339 */
                to: string;
                bucket?: "5m" | "hour" | "day";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "bucket": "day",
                     *       "denials": 4,
                     *       "attempts": 9,
                     *       "series": [
                     *         {
                     *           "starts_at": "2026-11-20T00:00:00.000Z",
                     *           "denials": 4,
                     *           "attempts": 9
                     *         }
                     *       ],
                     *       "by_reason": [
                     *         {
                     *           "reason": "no_seats_available",
                     *           "denials": 3,
                     *           "attempts": 8
                     *         },
                     *         {
                     *           "reason": "entitlement_missing",
                     *           "denials": 1,
                     *           "attempts": 1
                     *         }
                     *       ],
                     *       "by_user": [
                     *         {
                     *           "user": {
                     *             "id": "0195a4bf-9a70-7d51-8b3e-2c94f6a1d073",
                     *             "email": "ada@acme.example",
                     *             "name": "Ada Lovelace"
                     *           },
                     *           "denials": 4,
                     *           "attempts": 9
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["DenialReport"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["license_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    analytics_forecast: {
        parameters: {
            query: {
                license_id: string;
                /** @description Days to look ahead. Today is the first */
                horizon_days?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
                     *       "seats_total": 25,
                     *       "insufficient_data": false,
                     *       "history_days": 120,
                     *       "method": "damped_holt_winters",
                     *       "days": [
                     *         {
                     *           "date": "2026-11-22",
                     *           "expected": 18.4,
                     *           "lower_80": 16.1,
                     *           "upper_80": 20.7,
                     *           "lower_95": 14.9,
                     *           "upper_95": 21.9
                     *         }
                     *       ],
                     *       "days_until_exhausted": {
                     *         "expected": null,
                     *         "earliest": 17
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Forecast"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["license_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    analytics_whatIf: {
        parameters: {
            query: {
                license_id: string;
                /** @description The number of seats to replay the range with */
                seats: number;
                /** @description Start of the range, inclusive, RFC 3339 */
                from: string;
                /** @description End of the range, exclusive, RFC 3339 */
                to: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "license_id": "0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16",
                     *       "seats": 30,
                     *       "seats_total": 25,
                     *       "recorded": {
                     *         "sessions": 812,
                     *         "denials": 14
                     *       },
                     *       "denials": 2,
                     *       "denials_remaining": 2,
                     *       "sessions_refused": 0,
                     *       "peak": 30,
                     *       "seats_needed": 32,
                     *       "assumed_session_seconds": 9420
                     *     }
                     */
                    "application/json": components["schemas"]["WhatIf"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["license_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    stream_open: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    webhooks_list: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
                status?: "enabled" | "disabled";
                ordering?: "url" | "-url" | "created_at" | "-created_at";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "count": 1,
                     *       "next": null,
                     *       "previous": null,
                     *       "results": [
                     *         {
                     *           "id": "0195a4c3-91c7-7a3e-b0d4-8e6f5a4c3b21",
                     *           "url": "https://hooks.acme.example/coditect",
                     *           "description": "Seat monitor",
                     *           "event_types": [
                     *             "license_session.acquired",
                     *             "denial.created"
                     *           ],
                     *           "status": "enabled",
                     *           "disabled_reason": null,
                     *           "disabled_at": null,
                     *           "consecutive_failures": 0,
                     *           "failing_since": null,
                     *           "previous_secret_until": null,
                     *           "version": 1,
                     *           "created_at": "2026-11-20T08:00:00.000Z",
                     *           "updated_at": "2026-11-20T08:00:00.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookPage"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    webhooks_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repeating a request with the same key within 24 hours returns the first response. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "url": "https://hooks.acme.example/coditect",
                 *       "event_types": [
                 *         "license_session.acquired",
                 *         "denial.created"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["CreateWebhookRequest"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    /** @description The URL of the created resource */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4c3-91c7-7a3e-b0d4-8e6f5a4c3b21",
                     *       "url": "https://hooks.acme.example/coditect",
                     *       "description": "Seat monitor",
                     *       "event_types": [
                     *         "license_session.acquired",
                     *         "denial.created"
                     *       ],
                     *       "status": "enabled",
                     *       "disabled_reason": null,
                     *       "disabled_at": null,
                     *       "consecutive_failures": 0,
                     *       "failing_since": null,
                     *       "previous_secret_until": null,
                     *       "version": 1,
                     *       "created_at": "2026-11-20T08:00:00.000Z",
                     *       "updated_at": "2026-11-20T08:00:00.000Z",
                     *       "secret": "whsec_ZXhhbXBsZSBleGFtcGxlIGV4YW1wbGUgZXhhbXBsZQ=="
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookWithSecret"];
                };
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["quota_exceeded.forbidden.user_disabled"];
            409: components["responses"]["idempotency_in_flight.idempotency_result_unknown"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed.idempotency_key_reused"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    webhooks_get: {
        parameters: {
            query?: never;
            header?: {
                /** @description An ETag that the caller has. If the resource has not changed since, the response is 304 without a body. */
                "If-None-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4c3-91c7-7a3e-b0d4-8e6f5a4c3b21",
                     *       "url": "https://hooks.acme.example/coditect",
                     *       "description": "Seat monitor",
                     *       "event_types": [
                     *         "license_session.acquired",
                     *         "denial.created"
                     *       ],
                     *       "status": "enabled",
                     *       "disabled_reason": null,
                     *       "disabled_at": null,
                     *       "consecutive_failures": 0,
                     *       "failing_since": null,
                     *       "previous_secret_until": null,
                     *       "version": 1,
                     *       "created_at": "2026-11-20T08:00:00.000Z",
                     *       "updated_at": "2026-11-20T08:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** @description The resource has not changed since the given ETag. */
            304: {
                headers: {
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["webhook_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    webhooks_delete: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read. If the resource has changed since, the response is 412. */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; no content. */
            204: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["webhook_not_found"];
            412: components["responses"]["precondition_failed"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    webhooks_update: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read. If the resource has changed since, the response is 412. */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "event_types": [
                 *         "*"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["UpdateWebhookRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4c3-91c7-7a3e-b0d4-8e6f5a4c3b21",
                     *       "url": "https://hooks.acme.example/coditect",
                     *       "description": "Seat monitor",
                     *       "event_types": [
                     *         "license_session.acquired",
                     *         "denial.created"
                     *       ],
                     *       "status": "enabled",
                     *       "disabled_reason": null,
                     *       "disabled_at": null,
                     *       "consecutive_failures": 0,
                     *       "failing_since": null,
                     *       "previous_secret_until": null,
                     *       "version": 1,
                     *       "created_at": "2026-11-20T08:00:00.000Z",
                     *       "updated_at": "2026-11-20T08:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["webhook_not_found"];
            412: components["responses"]["precondition_failed"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    webhooks_rotateSecret: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repeating a request with the same key within 24 hours returns the first response. */
                "Idempotency-Key"?: string;
                /** @description The ETag that was read. If the resource has changed since, the response is 412. */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4c3-91c7-7a3e-b0d4-8e6f5a4c3b21",
                     *       "url": "https://hooks.acme.example/coditect",
                     *       "description": "Seat monitor",
                     *       "event_types": [
                     *         "license_session.acquired",
                     *         "denial.created"
                     *       ],
                     *       "status": "enabled",
                     *       "disabled_reason": null,
                     *       "disabled_at": null,
                     *       "consecutive_failures": 0,
                     *       "failing_since": null,
                     *       "previous_secret_until": null,
                     *       "version": 1,
                     *       "created_at": "2026-11-20T08:00:00.000Z",
                     *       "updated_at": "2026-11-20T08:00:00.000Z",
                     *       "secret": "whsec_ZXhhbXBsZSBleGFtcGxlIGV4YW1wbGUgZXhhbXBsZQ=="
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookWithSecret"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["webhook_not_found"];
            409: components["responses"]["idempotency_in_flight.idempotency_result_unknown"];
            412: components["responses"]["precondition_failed"];
            422: components["responses"]["validation_failed.idempotency_key_reused"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    webhooks_enable: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read. If the resource has changed since, the response is 412. */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4c3-91c7-7a3e-b0d4-8e6f5a4c3b21",
                     *       "url": "https://hooks.acme.example/coditect",
                     *       "description": "Seat monitor",
                     *       "event_types": [
                     *         "license_session.acquired",
                     *         "denial.created"
                     *       ],
                     *       "status": "enabled",
                     *       "disabled_reason": null,
                     *       "disabled_at": null,
                     *       "consecutive_failures": 0,
                     *       "failing_since": null,
                     *       "previous_secret_until": null,
                     *       "version": 1,
                     *       "created_at": "2026-11-20T08:00:00.000Z",
                     *       "updated_at": "2026-11-20T08:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["webhook_not_found"];
            412: components["responses"]["precondition_failed"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    webhooks_disable: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read. If the resource has changed since, the response is 412. */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    /** @description The version */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4c3-91c7-7a3e-b0d4-8e6f5a4c3b21",
                     *       "url": "https://hooks.acme.example/coditect",
                     *       "description": "Seat monitor",
                     *       "event_types": [
                     *         "license_session.acquired",
                     *         "denial.created"
                     *       ],
                     *       "status": "enabled",
                     *       "disabled_reason": null,
                     *       "disabled_at": null,
                     *       "consecutive_failures": 0,
                     *       "failing_since": null,
                     *       "previous_secret_until": null,
                     *       "version": 1,
                     *       "created_at": "2026-11-20T08:00:00.000Z",
                     *       "updated_at": "2026-11-20T08:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["webhook_not_found"];
            412: components["responses"]["precondition_failed"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    webhookDeliveries_list: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
                status?: "pending" | "succeeded" | "failed" | "skipped";
                event_type?: components["schemas"]["EventType"];
                ordering?: "event_sequence" | "-event_sequence";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "count": 1,
                     *       "next": null,
                     *       "previous": null,
                     *       "results": [
                     *         {
                     *           "id": "0195a4c4-7f10-7c62-8e1b-6d7c8b9a0f12",
                     *           "webhook_id": "0195a4c3-91c7-7a3e-b0d4-8e6f5a4c3b21",
                     *           "event_id": "0195a4c4-3e2f-7b51-9d0a-5c6b7a8f9e01",
                     *           "event_type": "license_session.acquired",
                     *           "event_sequence": 4711,
                     *           "status": "succeeded",
                     *           "attempts": 1,
                     *           "next_attempt_at": null,
                     *           "completed_at": "2026-11-22T09:30:00.000Z",
                     *           "created_at": "2026-11-22T09:30:00.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookDeliveryPage"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["webhook_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    webhookDeliveries_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4c4-7f10-7c62-8e1b-6d7c8b9a0f12",
                     *       "webhook_id": "0195a4c3-91c7-7a3e-b0d4-8e6f5a4c3b21",
                     *       "event_id": "0195a4c4-3e2f-7b51-9d0a-5c6b7a8f9e01",
                     *       "event_type": "license_session.acquired",
                     *       "event_sequence": 4711,
                     *       "status": "succeeded",
                     *       "attempts": 1,
                     *       "next_attempt_at": null,
                     *       "completed_at": "2026-11-22T09:30:00.000Z",
                     *       "created_at": "2026-11-22T09:30:00.000Z",
                     *       "attempt_log": [
                     *         {
                     *           "id": "0195a4c5-5b0a-7d0f-8a61-0a4f6b2c9d18",
                     *           "attempted_at": "2026-11-22T09:30:00.000Z",
                     *           "duration_ms": 84,
                     *           "status_code": 204,
                     *           "error": null,
                     *           "body": null
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookDeliveryDetail"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["delivery_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    webhookDeliveries_retry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0195a4c4-7f10-7c62-8e1b-6d7c8b9a0f12",
                     *       "webhook_id": "0195a4c3-91c7-7a3e-b0d4-8e6f5a4c3b21",
                     *       "event_id": "0195a4c4-3e2f-7b51-9d0a-5c6b7a8f9e01",
                     *       "event_type": "license_session.acquired",
                     *       "event_sequence": 4711,
                     *       "status": "succeeded",
                     *       "attempts": 1,
                     *       "next_attempt_at": null,
                     *       "completed_at": "2026-11-22T09:30:00.000Z",
                     *       "created_at": "2026-11-22T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookDelivery"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["delivery_not_found"];
            409: components["responses"]["webhook_disabled"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    webhookDeliveries_replay: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repeating a request with the same key within 24 hours returns the first response. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "from": "2026-11-20T08:00:00.000Z",
                 *       "to": "2026-11-22T09:30:00.000Z"
                 *     }
                 */
                "application/json": components["schemas"]["ReplayWebhookRequest"];
            };
        };
        responses: {
            /** @description Done. */
            202: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "deliveries": 17
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookReplay"];
                };
            };
            400: components["responses"]["malformed_json"];
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["webhook_not_found"];
            409: components["responses"]["webhook_disabled.idempotency_in_flight.idempotency_result_unknown"];
            413: components["responses"]["payload_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed.idempotency_key_reused"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    webhookDeliveries_test: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "succeeded": true,
                     *       "attempted_at": "2026-11-22T09:30:00.000Z",
                     *       "duration_ms": 84,
                     *       "status_code": 204,
                     *       "error": null,
                     *       "body": null
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookTest"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            404: components["responses"]["webhook_not_found"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
    events_list: {
        parameters: {
            query?: {
                /** @description The sequence of the last event that the caller has */
                after?: number;
                limit?: number;
                type?: components["schemas"]["EventType"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description Identifies this request in logs and audit entries */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "results": [],
                     *       "last_sequence": 4711,
                     *       "has_more": false
                     *     }
                     */
                    "application/json": components["schemas"]["EventList"];
                };
            };
            401: components["responses"]["unauthenticated.invalid_token"];
            403: components["responses"]["forbidden.user_disabled"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["temporarily_unavailable"];
        };
    };
}
