/** The module that Chrome's page loads. */
import { offer } from '../../src/cli/page-host';
import { race } from './race';

offer({ race });
