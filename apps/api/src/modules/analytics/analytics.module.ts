import { Module } from '@nestjs/common';
import { AnalyticsController } from './analytics.controller.js';
import { DenialReports } from './denial-report.service.js';
import { SeatPlanning } from './seat-planning.service.js';
import { UsageService } from './usage.service.js';

@Module({ controllers: [AnalyticsController], providers: [DenialReports, SeatPlanning, UsageService] })
export class AnalyticsModule {}
