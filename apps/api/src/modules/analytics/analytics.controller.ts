import { Get, Query } from '@nestjs/common';
import {
  DenialQuery,
  DenialReport,
  Forecast,
  ForecastQuery,
  Heatmap,
  HeatmapQuery,
  Usage,
  UsageQuery,
  WhatIf,
  WhatIfQuery,
} from '@coditect/contracts/analytics';
import { ApiController } from '#platform/http/api-controller';
import { RequirePermission } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { DenialReports } from './denial-reports.js';
import { SeatPlanner } from './planning/seat-planner.js';
import { UsageService } from './usage/usage.service.js';

@ApiController('analytics')
export class AnalyticsController {
  constructor(
    private readonly usages: UsageService,
    private readonly denialReports: DenialReports,
    private readonly planner: SeatPlanner,
  ) {}

  @Get('usage')
  @RequirePermission('analytics:read')
  @Operation({
    summary: 'Read the seats in use over time',
    description:
      'Samples of five minutes, two minutes old at the newest, are kept for 35 days, hours for 400, days for ever. Without ' +
      '`license_id` the licenses are added up: `peak` is then the sum of their peaks, and who used two counts twice.',
    response: Usage,
    problems: ['license_not_found'],
  })
  usage(@Query({ schema: UsageQuery }) query: UsageQuery): Promise<Usage> {
    return this.usages.series(query);
  }

  @Get('heatmap')
  @RequirePermission('analytics:read')
  @Operation({
    summary: 'Read the seats in use by weekday and hour',
    description: 'Hours of a zone that is not whole hours off UTC are exact for the last 35 days.',
    response: Heatmap,
    problems: ['license_not_found'],
  })
  heatmap(@Query({ schema: HeatmapQuery }) query: HeatmapQuery): Promise<Heatmap> {
    return this.usages.heatmap(query);
  }

  @Get('denials')
  @RequirePermission('analytics:read')
  @Operation({
    summary: 'Read refused acquires over time, by reason and by user',
    description:
      'The same user refused by the same license for the same reason within 10 minutes of the time before is one denial, ' +
      'which counts where it began.',
    response: DenialReport,
    problems: ['license_not_found'],
  })
  denials(@Query({ schema: DenialQuery }) query: DenialQuery): Promise<DenialReport> {
    return this.denialReports.report(query);
  }

  @Get('forecast')
  @RequirePermission('analytics:read')
  @Operation({
    summary: 'Forecast the daily peak of seats in use',
    description:
      'Damped Holt-Winters with a weekly season, or last week with drift while fewer than 21 whole days are known. The bands ' +
      'hold 80 % and 95 % of what the same method would have missed by in the past.',
    response: Forecast,
    problems: ['license_not_found'],
  })
  forecast(@Query({ schema: ForecastQuery }) query: ForecastQuery): Promise<Forecast> {
    return this.planner.forecast(query);
  }

  @Get('what-if')
  @RequirePermission('analytics:read')
  @Operation({
    summary: 'Replay the past with another number of seats',
    description: 'Says how many denials for want of a seat would have remained.',
    response: WhatIf,
    problems: ['license_not_found'],
  })
  whatIf(@Query({ schema: WhatIfQuery }) query: WhatIfQuery): Promise<WhatIf> {
    return this.planner.whatIf(query);
  }
}
