import { Aws, Fn } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import { serviceFunctions } from '../functions.ts';
import type { AlarmRule } from './alarm-rule.ts';
import { alarmRules } from './alarm-rules.ts';
import { functionArticle, functionRule } from './function-rule.ts';
import { metricOf, type Watched } from './watched.ts';

export interface AlarmsProps {
  watched: Watched;
  config: Pick<Config, 'tenantDailyUsd' | 'alarmTopicArn'>;
}

/** Every alarm: those of the rules, and one for each function. They tell a topic when the installation names one. */
export class Alarms extends Construct {
  readonly all: cloudwatch.Alarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const rules = Object.entries(alarmRules(props.config)).map(([name, rule]) => [name, rule, name] as const);
    const functions = Object.entries(serviceFunctions).map(
      ([name, row]) => [`${name}Errors`, functionRule(name, row), functionArticle] as const,
    );
    this.all = [...rules, ...functions].map(([name, rule, article]) => this.alarm(props.watched, name, rule, article));
    if (props.config.alarmTopicArn !== undefined) this.tell(props.config.alarmTopicArn);
  }

  private alarm(watched: Watched, name: string, rule: AlarmRule, article: string): cloudwatch.Alarm {
    return new cloudwatch.Alarm(this, name, {
      // Two installations may share an account: the stack's name keeps theirs apart.
      alarmName: Fn.join('-', [Aws.STACK_NAME, name]),
      alarmDescription: `${rule.severity}: ${rule.impact}. What to do: docs/runbook.md#${article.toLowerCase()}`,
      metric: metricOf(watched, rule.watch, rule.periodSeconds),
      ...limitOf(name, rule),
      evaluationPeriods: rule.periods,
      treatMissingData: cloudwatch.TreatMissingData[rule.missing === 'breaching' ? 'BREACHING' : 'NOT_BREACHING'],
    });
  }

  private tell(topicArn: string): void {
    const action = new SnsAction(Topic.fromTopicArn(this, 'Topic', topicArn));
    for (const alarm of this.all) {
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
  }
}

function limitOf(name: string, { above, below }: AlarmRule) {
  if (above !== undefined)
    return { threshold: above, comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD };
  if (below !== undefined)
    return { threshold: below, comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD };
  throw new Error(`the alarm ${name} has no limit`);
}
