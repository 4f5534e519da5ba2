/** The module that Chrome's page loads. */
import { offer } from '../../src/cli/page-host';
import { growth } from './growth';

offer({ growth });
