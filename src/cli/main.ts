#!/usr/bin/env node
import { main } from './command-line';

process.exitCode = await main(process.argv.slice(2));
