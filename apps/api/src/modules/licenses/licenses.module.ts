import { Module } from '@nestjs/common';
import { openLocalSigner } from '@coditect/signed-license/local-signer';
import { Config } from '#config/config';
import { licenseSigningDir } from '#platform/secrets/keys';
import { AuditModule } from '#modules/audit/audit.module';
import { MailModule } from '#modules/mail/mail.module';
import { LiveEventsModule } from '#modules/stream/live-events.module';
import { DenialRecorder } from './seats/denial-recorder.js';
import { HeartbeatWriter } from './sessions/heartbeat-writer.js';
import { JwksController } from './signing/jwks.controller.js';
import { LedgerReconciliation } from './ledger/ledger-reconciliation.js';
import { LedgerRecovery } from './ledger/ledger-recovery.js';
import { LicenseCatalog } from './seats/license-catalog.js';
import { LicenseSessionList } from './sessions/license-session-list.js';
import { LicenseSessionsController } from './sessions/license-sessions.controller.js';
import { LICENSE_SIGNER, LicenseSigning } from './signing/license-signing.js';
import { LicensesController } from './licenses.controller.js';
import { LicensesService } from './licenses.service.js';
import { SeatAcquisitionService } from './seats/seat-acquisition.service.js';
import { SeatGrants } from './seats/seat-grants.js';
import { SeatLeasesService } from './sessions/seat-leases.service.js';
import { SeatLedger } from './ledger/seat-ledger.js';
import { SeatRequestsController } from './seat-requests.controller.js';
import { SeatRequests } from './seat-requests.js';
import { SeatsController } from './seats/seats.controller.js';
import { SessionEnder } from './session-ends/session-ender.js';
import { SessionLicenses } from './sessions/session-licenses.js';
import { SessionSweeper } from './session-ends/session-sweeper.js';

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
    LicenseSigning,
    {
      provide: LICENSE_SIGNER,
      useFactory: async (config: Config) =>
        openLocalSigner(await licenseSigningDir(config.keysDir, config.production ? 'production' : 'development')),
      inject: [Config],
    },
    LicensesService,
    SeatAcquisitionService,
    SeatGrants,
    SeatLeasesService,
    SeatLedger,
    SeatRequests,
    SessionEnder,
    SessionLicenses,
    SessionSweeper,
  ],
  exports: [LedgerReconciliation, LicensesService, SeatLedger, SessionEnder, SessionSweeper],
})
export class LicensesModule {}
