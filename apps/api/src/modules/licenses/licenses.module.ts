import { Module } from '@nestjs/common';
import { openLocalSigner } from '@coditect/signed-license/local-signer';
import { Config } from '#config/config';
import { licenseSigningDir } from '#platform/secrets/keys';
import { AuditModule } from '#modules/audit/audit.module';
import { MailModule } from '#modules/mail/mail.module';
import { LiveEventsModule } from '#modules/stream/live-events.module';
import { DenialRecorder } from './denial-recorder.js';
import { HeartbeatWriter } from './heartbeat-writer.js';
import { JwksController } from './jwks.controller.js';
import { LedgerReconciliation } from './ledger-reconciliation.js';
import { LedgerRecovery } from './ledger-recovery.js';
import { LicenseCatalog } from './license-catalog.js';
import { LicenseSessionList } from './license-session-list.js';
import { LicenseSessionsController } from './license-sessions.controller.js';
import { LicenseSessionsService } from './license-sessions.service.js';
import { LICENSE_SIGNER, LicenseSigning } from './license-signing.js';
import { LicensesController } from './licenses.controller.js';
import { LicensesService } from './licenses.service.js';
import { SeatGrants } from './seat-grants.js';
import { SeatLeasesService } from './seat-leases.service.js';
import { SeatLedger } from './seat-ledger.js';
import { SeatRequestsController } from './seat-requests.controller.js';
import { SeatRequests } from './seat-requests.service.js';
import { SeatsController } from './seats.controller.js';
import { SessionEnding } from './session-ending.service.js';
import { SessionLicenses } from './session-licenses.service.js';
import { SessionSweeper } from './session-sweeper.js';

@Module({
  imports: [AuditModule, LiveEventsModule, MailModule],
  controllers: [SeatsController, LicensesController, LicenseSessionsController, SeatRequestsController, JwksController],
  providers: [
    DenialRecorder,
    HeartbeatWriter,
    LedgerReconciliation,
    LedgerRecovery,
    LicenseCatalog,
    LicenseSessionList,
    LicenseSessionsService,
    LicenseSigning,
    {
      provide: LICENSE_SIGNER,
      useFactory: async (config: Config) =>
        openLocalSigner(await licenseSigningDir(config.keysDir, config.production ? 'production' : 'development')),
      inject: [Config],
    },
    LicensesService,
    SeatGrants,
    SeatLeasesService,
    SeatLedger,
    SeatRequests,
    SessionEnding,
    SessionLicenses,
    SessionSweeper,
  ],
  exports: [LedgerReconciliation, LicensesService, SeatLedger, SessionEnding, SessionSweeper],
})
export class LicensesModule {}
