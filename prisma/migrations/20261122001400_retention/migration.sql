-- Links that prove a new e-mail address before it becomes the user's. `license_system` may delete already what the worker
-- deletes when nobody needs it any more (grants of isolation and accounts).

-- AlterEnum
ALTER TYPE "one_time_token_purpose" ADD VALUE 'email_change';
