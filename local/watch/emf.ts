/** One value of a metric, in one of its dimension sets. */
export interface Sample {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  unit: string;
  value: number;
  /** ms since the epoch */
  at: number;
}

interface Directive {
  Namespace: string;
  Dimensions?: string[][];
  Metrics?: { Name: string; Unit?: string }[];
}

/**
 * The samples in a log line of the embedded metric format, with or without what the runtime writes before it; none for
 * any other line. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function samplesOf(line: string): Sample[] {
  const start = line.indexOf('{');
  if (start < 0 || !line.includes('"_aws"')) return [];
  const root = parse(line.slice(start));
  const meta = root?._aws as { Timestamp?: number; CloudWatchMetrics?: Directive[] } | undefined;
  if (!root || !Array.isArray(meta?.CloudWatchMetrics)) return [];
  const at = meta.Timestamp ?? Date.now();
  return meta.CloudWatchMetrics.flatMap((directive) => directiveSamples(directive, root, at));
}

function directiveSamples(
  { Namespace, Dimensions = [[]], Metrics = [] }: Directive,
  root: Record<string, unknown>,
  at: number,
): Sample[] {
  return Dimensions.flatMap((names) => {
    const dimensions = Object.fromEntries([...names].sort().map((name) => [name, String(root[name])]));
    return Metrics.flatMap(({ Name, Unit = 'None' }) =>
      [root[Name]]
        .flat()
        .filter((value): value is number => typeof value === 'number')
        .map((value) => ({ namespace: Namespace, name: Name, dimensions, unit: Unit, value, at })),
    );
  });
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined; // a line that merely mentions the format
  }
}
