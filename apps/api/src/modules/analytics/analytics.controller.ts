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
import { DenialReports } from './denials/denial-reports.js';
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
      'Samples of five minutes are kept for 35 days, hours for 400 days, days for ever. The newest sample is about two ' +
      'minutes old. Without `license_id` the licenses are added up: `peak` is then the sum of their peaks, and a user of ' +
      'two licenses counts twice.',
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
    description:
      'In time zones whose offset from UTC is not in whole hours, hours are exact for the last 35 days only.',
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
      'Refusals of the same user by the same license for the same reason are one denial as long as each follows within 10 ' +
      'minutes of the previous one. It counts at the time of the first.',
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
      'Damped Holt-Winters with a weekly season. With fewer than 21 whole days of history, last week with drift. The bands ' +
      'contain 80 % and 95 % of the errors that the same method would have made in the past.',
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
    description: 'Returns how many denials for lack of a seat would have remained.',
    response: WhatIf,
    problems: ['license_not_found'],
  })
  whatIf(@Query({ schema: WhatIfQuery }) query: WhatIfQuery): Promise<WhatIf> {
    return this.planner.whatIf(query);
  }
}
