/** Imported before anything that logs: a test's output is its result. Powertools reads both when it is loaded. */
process.env.POWERTOOLS_LOG_LEVEL ??= 'SILENT';
process.env.POWERTOOLS_METRICS_DISABLED ??= 'true';
