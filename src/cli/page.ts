/** The module that Chrome's page loads: what the commands compute. */
import { check } from './commands/check';
import { trace } from './commands/trace';
import { offer } from './page-host';

offer({ trace, check });
