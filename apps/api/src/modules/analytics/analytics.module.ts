import { Module } from '@nestjs/common';
import { AnalyticsController } from './analytics.controller.js';
import { DenialReports } from './denial-reports.js';
import { SeatPlanning } from './planning/seat-planning.js';
import { UsageService } from './usage/usage.service.js';

@Module({ controllers: [AnalyticsController], providers: [DenialReports, SeatPlanning, UsageService] })
export class AnalyticsModule {}
