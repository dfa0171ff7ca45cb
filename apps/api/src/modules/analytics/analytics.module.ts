import { Module } from '@nestjs/common';
import { AnalyticsController } from './analytics.controller.js';
import { DenialReports } from './denials/denial-reports.js';
import { SeatPlanner } from './planning/seat-planner.js';
import { UsageService } from './usage/usage.service.js';

@Module({ controllers: [AnalyticsController], providers: [DenialReports, SeatPlanner, UsageService] })
export class AnalyticsModule {}
