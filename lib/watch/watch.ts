import { Aws, Fn } from 'aws-cdk-lib';
import { CfnQueryDefinition } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import { Alarms } from './alarms.ts';
import { Dashboard, logGroupNames } from './dashboard.ts';
import { logQueries } from './log-queries.ts';
import type { Watched } from './watched.ts';

/** Watching the installation: alarms, a dashboard, and the questions of docs/runbook.md as saved queries. */
export class Watch extends Construct {
  constructor(scope: Construct, id: string, props: { watched: Watched; config: Config }) {
    super(scope, id);
    const { watched, config } = props;
    const { all } = new Alarms(this, 'Alarms', { watched, config });
    new Dashboard(this, 'Dashboard', { watched, alarms: all, config });
    for (const [name, lines] of Object.entries(logQueries)) {
      new CfnQueryDefinition(this, name, {
        name: Fn.join('/', [Aws.STACK_NAME, name]),
        queryString: lines.join('\n| '),
        logGroupNames: logGroupNames(watched.functions),
      });
    }
  }
}
