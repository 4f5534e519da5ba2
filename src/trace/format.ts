/** The version of trace files. */
export const TRACE_FORMAT = 'fluoroscope-trace/1';
