/** One figure of one run. */
export interface Reading {
  label: string;
  unit: 's' | 'ms' | 'MB' | 'kB' | '$' | 'processes' | 'calls' | 'samples';
  value: number;
  /** What the figure is compared with: the same thing by other means, in the same run. */
  baseline?: { label: string; value: number };
}

/** Something that `npm run bench` can measure. */
export interface Measurement {
  /** For `--only`. */
  name: string;
  title: string;
  /** How it is measured, and what is in the figures and what is not: a paragraph of the page. */
  method: string;
  /** Takes minutes: it runs only when it is named. */
  onlyByName?: true;
  /** One run. Labels are the same in each run. */
  run(say: (line: string) => void): Promise<Reading[]>;
}
