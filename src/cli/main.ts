#!/usr/bin/env node
import { main } from './command-line';

// Puppeteer ends Chrome when this process exits, and for SIGINT exits it; for these it would not.
process.once('SIGTERM', () => process.exit(143));
process.once('SIGHUP', () => process.exit(129));

process.exitCode = await main(process.argv.slice(2));
